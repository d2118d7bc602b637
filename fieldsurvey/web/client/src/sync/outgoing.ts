// Sends for everybody on the phone, unlocked or not: sealed forms leave with their owner's token. Page and worker use it.

import type { OutboxItem } from "../store/db";
import { openOwn, type OwnDb } from "../store/db";
import { changePerson, type Person, people, setting, tokenOf } from "../store/device";
import { alone, tell } from "./lock";
import { count, HEADERS } from "./meter";
import { Line } from "./http";
import { type Outcome, sendAll } from "./send";
import { wipeSent } from "./wipe";

interface Connection {
  type?: string;
  saveData?: boolean;
}

/** Whether photos may go now: always on Wi-Fi, over the phone's own data only if the person chose so. */
export async function photosMayGo(): Promise<boolean> {
  if ((await setting("photos", "wifi")) === "any") return true;
  const connection = (navigator as { connection?: Connection }).connection;
  return connection?.type !== "cellular" && connection?.saveData !== true;
}

export interface Sending {
  photos: boolean;
  force?: boolean;
  changed?: (item: OutboxItem) => void;
}

/** A line for one of a person's databases: what it cost is counted, and an order to wipe is obeyed, when the work is done. */
export async function withLine<T>(
  who: Person,
  practice: boolean,
  token: string,
  work: (line: Line, db: OwnDb) => Promise<T>,
): Promise<T> {
  const db = await openOwn(who.id, practice);
  const cost = { up: 0, down: 0, wipe: false };
  const line = new Line(token, {
    meter(up, down) {
      cost.up += up + HEADERS;
      cost.down += down + HEADERS;
    },
    wipe() {
      cost.wipe = true;
    },
  });
  try {
    return await work(line, db);
  } finally {
    if (cost.wipe) await wipeSent(db);
    await count(db, cost.up, cost.down).catch(() => undefined); // a full phone must not stop the sync
    db.close();
  }
}

/** One person's outbox: the real one and that of the practice village. Call it under the lock. */
export async function sendOf(who: Person, sending: Sending): Promise<Outcome> {
  const sum: Outcome = { texts: 0, files: 0, refused: 0, stopped: null };
  if (who.tokenState === "ended") return { ...sum, stopped: { kind: "sign_in", message: {}, status: 401 } };
  const token = await tokenOf(who);
  for (const practice of [false, true]) {
    const outcome = await withLine(who, practice, token, (line, db) => sendAll({ db, line, ...sending }));
    sum.texts += outcome.texts;
    sum.files += outcome.files;
    sum.refused += outcome.refused;
    sum.stopped ??= outcome.stopped;
    if (sum.stopped) break;
  }
  if (sum.stopped?.kind === "sign_in") await changePerson(who.id, { tokenState: "ended" });
  tell(who.id);
  return sum;
}

/** Everybody's. Null when another tab is at it. */
export const sendEverybody = (photos: boolean): Promise<boolean | null> =>
  alone(false, async () => {
    let done = true;
    for (const who of await people()) done = (await sendOf(who, { photos })).stopped === null && done;
    return done;
  });
