// The server's time. A phone's clock may be a year off; what is compared with the server uses this one.

import { set, setting } from "./device";

let offset = 0; // server minus phone, ms
let known = false;
export const MUCH = 10 * 60_000; // a clock that is further off than this is told to the person

export async function loadClock(): Promise<void> {
  offset = await setting("clockOffset", 0);
  known = (await setting("clockKnown", 0)) !== 0;
}

/** Learn from the Date header of an answer. Returns whether the phone's clock is much off. */
export function learn(date: string | null): boolean {
  const theirs = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(theirs)) return far();
  const found = theirs - Date.now();
  if (!known || Math.abs(found - offset) > 2000) {
    offset = Math.abs(found) < 2000 ? 0 : found; // the header has whole seconds and the line takes its time
    known = true;
    void set("clockOffset", offset);
    void set("clockKnown", 1);
  }
  return far();
}

export const serverNow = (): number => Date.now() + offset;

export const far = (): boolean => known && Math.abs(offset) > MUCH;
