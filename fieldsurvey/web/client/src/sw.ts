/// <reference lib="webworker" />
// The service worker: keeps the shell (hashed files, so a file that is there is right), answers navigation with it, and
// sends the outbox in the background. Forms, lists and answers never pass through its cache: they live in IndexedDB.
// A new shell waits until the page says that no form is open.

import { photosMayGo, sendEverybody } from "./sync/outgoing";

declare const self: ServiceWorkerGlobalScope;
declare const __FILES__: string[]; // names of the build's files: the shell
declare const __LATER__: string[]; // what a form may ask for: maps, a decoder, another language
declare const __VERSION__: string; // hash of their contents

const HOME = "/app/";
const INDEX = `${HOME}index.html`;
const SHELL = __FILES__.map((name) => HOME + name);
const EXTRAS = __LATER__.map((name) => HOME + name);
const CACHE = `shell-${__VERSION__}`;

self.addEventListener("install", (event) => event.waitUntil(install()));

/** Only what is new is fetched: files of the cache before are copied. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  let done = 0;
  await Promise.all(
    SHELL.map(async (address) => {
      await keep(cache, address);
      done += 1;
      for (const page of await self.clients.matchAll({ includeUncontrolled: true }))
        page.postMessage({ kept: done, of: SHELL.length });
    }),
  );
  await Promise.all(EXTRAS.map((address) => keep(cache, address).catch(() => undefined)));
}

async function keep(cache: Cache, address: string): Promise<void> {
  const hashed = address.includes("/assets/");
  const known = hashed ? await caches.match(address) : undefined;
  const answer = known ?? (await fetch(address, { cache: hashed ? "default" : "no-cache" }));
  if (!answer.ok || answer.redirected) throw new Error(address); // a stranger's page must not become the app
  await cache.put(address, answer);
}

self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith(HOME)) return;
  if (request.mode === "navigate") event.respondWith(kept(INDEX, request));
  else if (SHELL.includes(url.pathname) || EXTRAS.includes(url.pathname)) event.respondWith(kept(url.pathname, request));
});

const kept = async (address: string, request: Request): Promise<Response> =>
  (await (await caches.open(CACHE)).match(address)) ?? fetch(request);

interface SyncEvent extends ExtendableEvent {
  tag: string;
}

self.addEventListener("sync" as keyof ServiceWorkerGlobalScopeEventMap, (event) => {
  if ((event as SyncEvent).tag === "send") (event as SyncEvent).waitUntil(send());
});

/** A rejected promise makes the browser try again later. */
async function send(): Promise<void> {
  if ((await sendEverybody(await photosMayGo())) === false) throw new Error("not everything could be sent");
}
