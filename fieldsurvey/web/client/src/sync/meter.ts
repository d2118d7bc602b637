// The data meter: bytes that this person's sync has sent and fetched, by day. Headers are estimated
// (HEADERS for each exchange).

import { serverNow } from "../store/clock";
import { type OwnDb, state } from "../store/db";

export interface Used {
  up: number;
  down: number;
}
type Days = Record<string, Used>;

export const HEADERS = 500; // bytes of headers of one exchange, about, with TLS
const KEPT = 40; // days

export const today = (): string => new Date(serverNow() + 7 * 3_600_000).toISOString().slice(0, 10); // Vietnam's day

export async function count(db: OwnDb, up: number, down: number): Promise<void> {
  const tx = db.transaction("state", "readwrite");
  const days = ((await tx.store.get("meter")) as Days | undefined) ?? {};
  const used = days[today()] ?? { up: 0, down: 0 };
  days[today()] = { up: used.up + up, down: used.down + down };
  for (const day of Object.keys(days).sort().slice(0, -KEPT)) delete days[day];
  await tx.store.put(days, "meter");
  await tx.done;
}

/** Of today, and of the last thirty days. */
export async function used(db: OwnDb): Promise<{ today: Used; month: Used }> {
  const days = await state<Days>(db, "meter", {});
  const month = { up: 0, down: 0 };
  for (const day of Object.keys(days).sort().slice(-30)) {
    month.up += days[day]!.up;
    month.down += days[day]!.down;
  }
  return { today: days[today()] ?? { up: 0, down: 0 }, month };
}
