// Sends one person's outbox: texts first, then photos in pieces that go on where they were cut. The page and the service
// worker both call it, never at the same time (see lock). What has not been confirmed by the server is never deleted.

import type { FileRecord, OutboxItem, OwnDb, Receipt, Trouble } from "../store/db";
import { due, pause } from "./backoff";
import { Failure, Line, troubleOf } from "./http";

export const PIECE = 64 * 1024;
const MOST_CUTS = 3; // without anything arriving between them
const MOST_BROKEN = 2;
const MOST_FAILURES = 2; // of the server, one after the other; then the rest waits

interface Received {
  instanceId: string;
  missing: string[];
  receipt: { code: string; at: string; sha256: string; signature: string };
}

export interface Outcome {
  texts: number; // arrived in this pass
  files: number;
  refused: number;
  stopped: Trouble | null; // why the pass ended early
}

export interface Errand {
  db: OwnDb;
  line: Line;
  photos: boolean; // whether photos may go over this connection
  force?: boolean; // the person asked: back-off and refusals are tried again
  changed?: (item: OutboxItem) => void;
  now?: () => number;
}

/** Send what is due. Never raises for a bad line or a refusal: the outcome and the items say so. */
export async function sendAll(errand: Errand): Promise<Outcome> {
  const outcome: Outcome = { texts: 0, files: 0, refused: 0, stopped: null };
  const steps = [sendText, ...(errand.photos ? [sendFiles] : [])];
  for (const step of steps) {
    await eachItem(errand, outcome, step);
    if (outcome.stopped) break;
  }
  return outcome;
}

type Step = (errand: Errand, item: OutboxItem, outcome: Outcome) => Promise<void>;

async function eachItem(errand: Errand, outcome: Outcome, step: Step): Promise<void> {
  const { db, force = false, now = Date.now } = errand;
  const ids = (await db.getAll("outbox")).sort((a, b) => a.createdAt - b.createdAt).map((item) => item.instanceId);
  let failures = 0;
  for (const id of ids) {
    const item = await db.get("outbox", id);
    if (!item || (!force && (item.state === "refused" || !due(item.nextAt, now())))) continue;
    try {
      await step(errand, item, outcome);
      failures = 0;
    } catch (error) {
      const failure = error instanceof Failure ? error : null;
      const refused = failure !== null && ["conflict", "too_large", "refused"].includes(failure.kind);
      await noteTrouble(errand, id, failure, troubleOf(error), refused);
      if (refused) outcome.refused += 1;
      else failures += 1;
      const hopeless = failure !== null && ["line", "portal", "sign_in"].includes(failure.kind);
      if (hopeless || failures >= MOST_FAILURES) {
        outcome.stopped = troubleOf(error);
        return;
      }
    }
  }
}

async function noteTrouble(errand: Errand, id: string, failure: Failure | null, trouble: Trouble, refused: boolean): Promise<void> {
  const { db, now = Date.now, changed } = errand;
  await change(db, id, (item) => {
    item.trouble = trouble;
    if (refused && item.state === "waiting") item.state = "refused";
    if (trouble.kind !== "line" && trouble.kind !== "portal" && trouble.kind !== "sign_in") {
      item.tries += 1;
      item.nextAt = now() + pause(item.tries, failure?.retryAfter ?? null);
    }
    changed?.(item);
  });
}

/** Read, change and write an item in one transaction. */
async function change(db: OwnDb, id: string, apply: (item: OutboxItem) => void): Promise<OutboxItem | undefined> {
  const tx = db.transaction("outbox", "readwrite");
  const item = await tx.store.get(id);
  if (item) {
    apply(item);
    await tx.store.put(item);
  }
  await tx.done;
  return item;
}

async function sendText(errand: Errand, item: OutboxItem, outcome: Outcome): Promise<void> {
  if (item.state === "text_sent") return;
  const received = await errand.line.json<Received>(`/sync/submissions?round=${item.roundId}`, {
    method: "POST",
    headers: { "Content-Type": "application/vnd.fieldsurvey.sealed" },
    body: item.sealed,
    sent: item.sealed.length,
  });
  outcome.texts += 1;
  await noteReceipt(errand, item, received);
}

/** The text is safe: remember the code, and which files are still wanted. An item that wants none is complete. */
async function noteReceipt(errand: Errand, item: OutboxItem, received: Received): Promise<void> {
  const missing = new Set(received.missing);
  const receipt: Receipt = {
    instanceId: item.instanceId,
    household: item.household,
    code: received.receipt.code,
    at: received.receipt.at,
    sha256: received.receipt.sha256,
    signature: received.receipt.signature,
    complete: false,
    secret: item.secret,
  };
  const changed = await change(errand.db, item.instanceId, (kept) => {
    Object.assign(kept, { state: "text_sent", receipt, trouble: null, tries: 0, nextAt: 0 });
    for (const file of kept.files) if (!missing.has(file.name)) Object.assign(file, { done: true, sent: file.size });
  });
  if (changed) await settle(errand, changed);
}

/** With every file there, only the receipt stays. */
async function settle(errand: Errand, item: OutboxItem): Promise<void> {
  const complete = item.files.every((file) => file.done);
  const tx = errand.db.transaction(["outbox", "files", "receipts"], "readwrite");
  await tx.objectStore("receipts").put({ ...item.receipt!, complete });
  if (complete) {
    await tx.objectStore("outbox").delete(item.instanceId);
    for (const key of await tx.objectStore("files").index("instance").getAllKeys(item.instanceId))
      await tx.objectStore("files").delete(key);
  }
  await tx.done;
  errand.changed?.(item);
}

async function sendFiles(errand: Errand, item: OutboxItem, outcome: Outcome): Promise<void> {
  if (item.state !== "text_sent") return;
  for (const file of item.files.filter((one) => !one.done)) {
    const record = await errand.db.get("files", [item.instanceId, file.name]);
    if (record?.sealed) await sendFile(errand, item, record, record.sealed);
    outcome.files += 1;
    const changed = await change(errand.db, item.instanceId, (kept) => {
      const found = kept.files.find((one) => one.name === file.name);
      if (found) Object.assign(found, { done: true, sent: found.size });
      kept.trouble = null;
      kept.tries = 0;
    });
    if (changed) await settle(errand, changed);
  }
}

/**
 * From where the server stands, in pieces. A cut is followed by asking where the server stands; as long as something
 * arrives between two cuts, the file goes on. A file that arrived broken is begun again, once.
 */
async function sendFile(errand: Errand, item: OutboxItem, record: FileRecord, sealed: Blob): Promise<void> {
  const address =
    `/sync/submissions/${encodeURIComponent(item.instanceId)}/files/${encodeURIComponent(record.name)}` +
    `?round=${item.roundId}&sha256=${record.sealedHash}&sealed=1`;
  let offset = await offsetOf(errand.line, address, sealed.size);
  let cuts = 0;
  let broken = 0;
  while (offset < sealed.size) {
    const before = offset;
    try {
      offset = await sendPiece(errand.line, address, record, sealed, offset);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind === "line" && cuts < MOST_CUTS) {
        await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** cuts));
        offset = await offsetOf(errand.line, address, sealed.size);
        cuts += 1;
      } else if (error.status === 409 && error.offset !== null && broken < MOST_BROKEN) {
        offset = error.offset;
        broken += 1;
      } else if (error.status === 422 && broken < MOST_BROKEN) {
        offset = 0;
        broken += 1;
      } else throw error;
    }
    if (offset > before) cuts = 0;
    await noteSent(errand, item.instanceId, record.name, offset);
  }
}

async function noteSent(errand: Errand, id: string, name: string, offset: number): Promise<void> {
  const changed = await change(errand.db, id, (kept) => {
    const found = kept.files.find((one) => one.name === name);
    if (found) found.sent = offset;
  });
  if (changed) errand.changed?.(changed);
}

interface Part {
  offset: number;
  complete: boolean;
}

async function sendPiece(line: Line, address: string, record: FileRecord, sealed: Blob, offset: number): Promise<number> {
  const piece = new Uint8Array(await sealed.slice(offset, offset + PIECE).arrayBuffer());
  const headers = {
    "Content-Type": "application/octet-stream",
    "Upload-Offset": String(offset),
    "Upload-Length": String(sealed.size),
    "Upload-Type": record.mime || "application/octet-stream",
  };
  const part = await line.json<Part>(address, { method: "PATCH", headers, body: piece, sent: piece.length });
  return part.complete ? sealed.size : part.offset;
}

async function offsetOf(line: Line, address: string, whole: number): Promise<number> {
  const { headers } = await line.ask(address, { method: "HEAD" });
  return headers.get("Upload-Complete") === "?1" ? whole : Number(headers.get("Upload-Offset") ?? 0);
}
