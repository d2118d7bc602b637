// The page's side of the service worker: registers it, lets a new shell take over when no form is open, wakes it to send.

import { readonly, ref } from "vue";

const OPEN_FORM = "fieldsurvey-form";
const kept = ref(0);
const newShell = ref(false);

/** How much of the shell is on the phone, 0…1; 1 from then on. */
export const shellKept = readonly(kept);
/** A new version waits until no form is open. */
export const shellWaits = readonly(newShell);

export function startWorker(): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  if (workers.controller) kept.value = 1;
  const first = !workers.controller;
  workers.addEventListener("message", ({ data }: MessageEvent<{ kept?: number; of?: number }>) => {
    if (data.kept && data.of) kept.value = Math.max(kept.value, data.kept / data.of);
  });
  workers.addEventListener("controllerchange", () => {
    kept.value = 1;
    if (!first) void whenNoForm(() => location.reload());
  });
  void workers.register("/app/sw.js", { scope: "/app/", updateViaCache: "none" }).then(watch, () => undefined);
}

function watch(registration: ServiceWorkerRegistration): void {
  const offer = (): void => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    newShell.value = true;
    void whenNoForm(() => registration.waiting?.postMessage("take over"));
  };
  offer();
  registration.addEventListener("updatefound", () => {
    const found = registration.installing;
    found?.addEventListener("statechange", () => found.state === "installed" && offer());
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && navigator.onLine) void registration.update().catch(() => undefined);
  });
}

/** Open forms of all tabs hold the lock together; the new shell waits for it alone. */
async function whenNoForm(then: () => void): Promise<void> {
  if (navigator.locks) await navigator.locks.request(OPEN_FORM, async () => then());
  else then();
}

/** Holds a new shell back until the returned function is called. */
export function holdShell(): () => void {
  let release: () => void = () => undefined;
  void navigator.locks?.request(OPEN_FORM, { mode: "shared" }, () => new Promise<void>((resolve) => (release = resolve)));
  return () => release();
}

interface WithSync extends ServiceWorkerRegistration {
  sync?: { register(tag: string): Promise<void> };
}

/** Ask the browser to run the worker's sending when there is a line, also when the app is closed. */
export async function wakeWorker(): Promise<void> {
  try {
    const registration = (await navigator.serviceWorker?.ready) as WithSync | undefined;
    await registration?.sync?.register("send");
  } catch {
    // not allowed or not known to this browser: the page sends when it is open
  }
}
