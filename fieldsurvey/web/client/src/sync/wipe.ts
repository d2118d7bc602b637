// The office has asked that what was sent leaves this phone. Drafts and whatever is still to be sent stay, always.

import type { OwnDb } from "../store/db";

/** Deletes lists, returned forms, receipts and copies of what has arrived. Returns how many forms are still unsent. */
export async function wipeSent(db: OwnDb): Promise<number> {
  const tx = db.transaction(["lists", "receipts", "returned", "outbox", "drafts", "state"], "readwrite");
  await Promise.all([
    tx.objectStore("lists").clear(),
    tx.objectStore("receipts").clear(),
    tx.objectStore("returned").clear(),
    tx.objectStore("state").put(true, "wiped"),
  ]);
  const kept = (await tx.objectStore("outbox").count()) + (await tx.objectStore("drafts").count());
  await tx.done;
  return kept;
}
