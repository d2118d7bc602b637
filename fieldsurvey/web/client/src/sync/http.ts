// One exchange with the server: the device's token, the clock, the meter, the wipe order, and every failure as a Failure
// that says what kind it is. No DOM: the service worker uses it too.

import { learn } from "../store/clock";
import type { Trouble } from "../store/db";

export class Failure extends Error {
  constructor(
    readonly kind: Trouble["kind"],
    readonly status = 0,
    readonly said: Record<string, string> = {},
    readonly retryAfter: number | null = null,
    readonly code = "",
    readonly offset: number | null = null, // of a file, where the server stands
  ) {
    super(`${kind} ${status} ${code}`);
  }

  get trouble(): Trouble {
    return { kind: this.kind, message: this.said, status: this.status };
  }
}

export const troubleOf = (error: unknown): Trouble =>
  error instanceof Failure ? error.trouble : { kind: "storage", message: {}, status: 0 };

export interface Answer {
  status: number;
  headers: Headers;
  body: ArrayBuffer;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: BodyInit | null;
  sent?: number; // bytes of the body, for the meter
  timeout?: number; // ms
}

/** What a line reports besides its answers. */
export interface Watch {
  meter(up: number, down: number): void;
  wipe(): void;
}

const SILENT: Watch = { meter: () => undefined, wipe: () => undefined };
export const PATIENCE = 60_000;
const GOOD = new Set([200, 201, 204, 206, 304]);

export class Line {
  constructor(
    readonly token: string | null,
    readonly watch: Watch = SILENT,
  ) {}

  /** An answer with one of the good statuses. Raises Failure for everything else, also for a page of somebody else's. */
  async ask(path: string, { method = "GET", headers = {}, body = null, sent = 0, timeout = PATIENCE }: Ask = {}): Promise<Answer> {
    const all = { "X-Fieldsurvey-App": "1", ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}), ...headers };
    let answer: Response;
    let bytes: ArrayBuffer;
    try {
      const signal = AbortSignal.timeout(timeout);
      answer = await fetch(path, { method, headers: all, body, signal, cache: "no-store", credentials: "omit", redirect: "manual" });
      bytes = await answer.arrayBuffer();
    } catch {
      this.watch.meter(sent, 0);
      throw new Failure("line");
    }
    this.watch.meter(sent, bytes.byteLength);
    if (!isOurs(answer)) throw notOurs(answer);
    learn(answer.headers.get("X-Fieldsurvey-Time") ?? answer.headers.get("Date"));
    if (answer.headers.get("X-Fieldsurvey-Wipe") === "sent") this.watch.wipe();
    if (GOOD.has(answer.status)) return { status: answer.status, headers: answer.headers, body: bytes };
    throw refusal(answer, bytes);
  }

  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    const { body } = await this.ask(path, ask);
    return JSON.parse(new TextDecoder().decode(body)) as T;
  }
}

/** Every answer of the door for phones carries this header; a hotel's or an operator's page does not. */
const isOurs = (answer: Response): boolean => answer.headers.has("X-Fieldsurvey-Sync");

function notOurs(answer: Response): Failure {
  if (answer.type === "opaqueredirect") return new Failure("portal", answer.status);
  if (answer.status === 413) return new Failure("too_large", 413);
  if (answer.status >= 500 || answer.status === 429) return new Failure("server", answer.status, {}, wait(answer));
  return new Failure("portal", answer.status);
}

function refusal(answer: Response, bytes: ArrayBuffer): Failure {
  const { message, code } = problem(bytes);
  const kind = KINDS[answer.status] ?? (answer.status >= 500 ? "server" : "refused");
  const offset = answer.headers.get("Upload-Offset");
  return new Failure(kind, answer.status, message ?? {}, wait(answer), code, offset === null ? null : Number(offset));
}

const KINDS: Record<number, Trouble["kind"]> = {
  401: "sign_in", 408: "line", 409: "conflict", 413: "too_large", 425: "server", 429: "server",
};

interface Problem {
  code: string;
  message?: Record<string, string>;
}

function problem(bytes: ArrayBuffer): Problem {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Problem;
  } catch {
    return { code: "" };
  }
}

function wait(answer: Response): number | null {
  const asked = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  return Number.isNaN(asked) ? null : asked;
}
