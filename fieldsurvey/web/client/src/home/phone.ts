// What all pages of the app share: who is unlocked, whether the phone is syncing, what it has to say. Starts once.

import { reactive, readonly, ref, shallowRef } from "vue";
import { loadClock } from "../store/clock";
import { type Person, people, person, set, setting } from "../store/device";
import { askToKeep } from "../store/space";
import { Vault } from "../store/vault";
import { hear } from "../sync/lock";
import { FIRST, pause } from "../sync/backoff";
import type { Report, StepName, Wishes } from "../sync/sync";
import { startWorker, wakeWorker } from "./worker";

const open = shallowRef<Vault | null>(null);
const known = shallowRef<Person[]>([]);
const begun = ref(false);
const version = ref(0);

/** The vault of the person who is unlocked; null: locked. */
export const vault = readonly(open) as Readonly<typeof open>;
export const folks = readonly(known) as Readonly<typeof known>;
export const started = readonly(begun);
/** Rises when something in the database has changed; pages that show it read it again. */
export const changes = readonly(version);

export const touch = (): void => void (version.value += 1);

/** Keys and the worker exist on https and on localhost only. */
export const secure = Boolean(globalThis.crypto?.subtle) && "indexedDB" in globalThis;

interface Sync {
  running: boolean;
  step: StepName | null;
  done: number;
  all: number;
  report: Report | null;
  busyElsewhere: boolean;
}

export const sync = reactive<Sync>({ running: false, step: null, done: 0, all: 0, report: null, busyElsewhere: false });

const HIDDEN_FOR = 10 * 60_000; // ms out of sight, after which the PIN is asked for again
let hiddenAt = 0;
let failures = 0;
let timer = 0;

export async function start(): Promise<void> {
  if (begun.value) return;
  await loadClock();
  known.value = await people();
  begun.value = true;
  startWorker();
  hear((id) => {
    if (open.value?.person.id === id) void refreshed();
  });
  addEventListener("online", () => void run());
  document.addEventListener("visibilitychange", seen);
}

async function refreshed(): Promise<void> {
  await takePerson();
  touch();
}

/** Take over what hello or another tab has changed about the person. */
async function takePerson(): Promise<void> {
  const now = open.value;
  const fresh = now && (await person(now.person.id));
  if (now && fresh && open.value === now) open.value = now.as(fresh);
  known.value = await people();
}

function seen(): void {
  if (document.visibilityState === "hidden") hiddenAt = Date.now();
  else if (hiddenAt && Math.abs(Date.now() - hiddenAt) > HIDDEN_FOR) lock();
  else void run();
}

/** After a sign-in or a right PIN. */
export async function enter(opened: Vault): Promise<void> {
  login.value = "";
  open.value = (await setting(`practising ${opened.person.id}`, false)) ? await other(opened) : opened;
  known.value = await people();
  sync.report = null;
  void askToKeep();
  touch();
  void run();
}

const other = (from: Vault): Promise<Vault> => Vault.open(from.person, from.key, !from.practice);

export function lock(): void {
  clearTimeout(timer);
  open.value = null; // the database stays open for a save that is under way; the browser closes it
}

const login = ref("");
/** Who is about to sign in again, by what they typed the last time; "": nobody. */
export const renewing = readonly(login);

/** The server does not know this phone any more: show the page for signing in. Everything stays. */
export function signInAgain(name: string): void {
  login.value = name;
  lock();
}

/** To the practice village and back. They have two databases, so that nothing can pass from one to the other. */
export async function practise(): Promise<void> {
  if (!open.value) return;
  open.value = await other(open.value);
  await set(`practising ${open.value.person.id}`, open.value.practice);
  touch();
  void run();
}

/** Sync in the background; with `force` at the person's wish. Failures of the line are tried again, ever later. */
export async function run(wishes: Wishes = {}): Promise<Report | null> {
  const mine = open.value;
  if (!mine || sync.running || (!navigator.onLine && !wishes.force)) return null;
  clearTimeout(timer);
  Object.assign(sync, { running: true, step: null, done: 0, all: 0, busyElsewhere: false });
  try {
    const { syncNow } = await import("../sync/sync");
    const report = await syncNow(mine, {
      ...wishes,
      step: (step) => Object.assign(sync, { step, done: 0, all: 0 }),
      progress: (done, all) => Object.assign(sync, { done, all }),
    });
    sync.busyElsewhere = report === null;
    if (report && open.value === mine) sync.report = report;
    again(report);
    return report;
  } finally {
    sync.running = false;
    await takePerson();
    touch();
  }
}

function again(report: Report | null): void {
  const trouble = report?.trouble?.kind;
  failures = trouble ? failures + 1 : 0;
  if (trouble && trouble !== "sign_in") timer = window.setTimeout(() => void run(), Math.max(FIRST, pause(failures)));
  if (trouble === "line" || trouble === "server") void wakeWorker();
}
