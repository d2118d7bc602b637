// One sender at a time: the service worker and every tab ask for the same lock. And one channel on which they tell progress.

const NAME = "fieldsurvey-send";

/** Runs `work` when nobody else sends; null when somebody does and `wait` is false. */
export async function alone<T>(wait: boolean, work: () => Promise<T>): Promise<T | null> {
  if (!navigator.locks) return work(); // before Chrome 69; one tab is the rule there
  return navigator.locks.request(NAME, { ifAvailable: !wait }, async (lock) => (lock ? work() : null)) as Promise<T | null>;
}

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("fieldsurvey");

/** Tell the other tabs that something of this person has changed. */
export const tell = (personId: string): void => channel?.postMessage({ personId });

export function hear(changed: (personId: string) => void): () => void {
  const listen = (event: MessageEvent<{ personId: string }>): void => changed(event.data.personId);
  channel?.addEventListener("message", listen);
  return () => channel?.removeEventListener("message", listen);
}
