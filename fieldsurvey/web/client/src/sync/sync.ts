// A whole sync of the person who is unlocked: texts, hello, forms, lists, returned forms, copies of drafts, then photos.
// Each step may fail without stopping those that can do without it; the report says what happened.

import { serverNow } from "../store/clock";
import { state, type Trouble } from "../store/db";
import { changePerson, deviceId, type Person, person, tokenOf } from "../store/device";
import { renew, type SignedIn } from "../store/people";
import { batteryLeft, space } from "../store/space";
import { Vault } from "../store/vault";
import { copyDrafts, restoreDrafts } from "./copies";
import { fetchForms, fetchList, fetchReturned, type Progress } from "./fetch";
import { Failure, type Line, troubleOf } from "./http";
import { alone, tell } from "./lock";
import { photosMayGo, sendOf, withLine } from "./outgoing";
import type { Outcome } from "./send";

export interface Report {
  at: number; // the server's time
  outcome: Outcome;
  trouble: Trouble | null; // the first thing that went wrong
  restored: number; // drafts that came back from the server
}

export interface Wishes {
  force?: boolean; // the person pressed the button: everything is tried, and another tab is waited for
  photos?: boolean; // photos may go whatever the connection
  step?: (name: StepName) => void;
  progress?: Progress;
}

export type StepName = "texts" | "hello" | "forms" | "lists" | "returned" | "copies" | "photos";

type Hello = Pick<SignedIn, "person" | "keys" | "rounds" | "expiresAt"> & { wipe: boolean };

export const VERSION = __APP_VERSION__;

/** Null when another tab or the worker is at it and nobody pressed the button. */
export async function syncNow(vault: Vault, wishes: Wishes = {}): Promise<Report | null> {
  return alone(wishes.force ?? false, async () => {
    const who = await person(vault.person.id);
    if (!who) return null;
    const report = await synced(vault, who, wishes);
    const own = vault.practice ? await Vault.open(who, vault.key) : vault;
    await own.db.put("state", { at: report.at, trouble: report.trouble }, "lastSync").catch(() => undefined);
    if (!report.trouble) await own.db.put("state", report.at, "lastGoodSync").catch(() => undefined);
    if (own !== vault) own.close();
    tell(who.id);
    return report;
  });
}

async function synced(vault: Vault, who: Person, wishes: Wishes): Promise<Report> {
  const { force = false, step = () => undefined } = wishes;
  step("texts");
  const outcome = await sendOf(who, { photos: false, force });
  let trouble = outcome.stopped;
  let restored = 0;
  if (!trouble || trouble.kind === "server") {
    const fetched = await fetchAll(vault, who, wishes);
    trouble ??= fetched.trouble;
    restored = fetched.restored;
  }
  if (!trouble || ["server", "refused", "conflict"].includes(trouble.kind)) {
    if (wishes.photos || (await photosMayGo())) {
      step("photos");
      const photos = await sendOf(who, { photos: true });
      outcome.files = photos.files;
      trouble ??= photos.stopped;
    }
  }
  if (trouble?.kind === "sign_in") await changePerson(who.id, { tokenState: "ended" });
  return { at: serverNow(), outcome, trouble, restored };
}

interface Fetched {
  trouble: Trouble | null;
  restored: number;
}

async function fetchAll(vault: Vault, who: Person, wishes: Wishes): Promise<Fetched> {
  const token = await tokenOf(who);
  const sum: Fetched = { trouble: null, restored: 0 };
  wishes.step?.("hello");
  let known = who;
  await withLine(who, false, token, async (line) => {
    try {
      known = (await hello(vault, line)) ?? who;
    } catch (error) {
      sum.trouble = troubleOf(error);
    }
  });
  if (sum.trouble && sum.trouble.kind !== "refused") return sum;
  const practised = vault.practice || known.rounds.some((round) => round.locked);
  for (const practice of practised ? [false, true] : [false]) {
    const open = practice === vault.practice ? vault : await Vault.open(known, vault.key, practice);
    const trouble = await withLine(known, practice, token, (line) => everything(open, known, line, wishes, sum));
    if (open !== vault) open.close();
    sum.trouble ??= trouble;
    if (trouble && trouble.kind !== "refused") break;
  }
  return sum;
}

/** The steps in their order; the first trouble that concerns the line ends them. */
async function everything(vault: Vault, who: Person, line: Line, wishes: Wishes, sum: Fetched): Promise<Trouble | null> {
  const photos = wishes.photos || (await photosMayGo());
  const rounds = who.rounds.filter((round) => round.practice === vault.practice && !round.locked);
  const steps: [StepName, () => Promise<unknown>][] = [
    ["forms", () => fetchForms(vault, line, wishes.progress)],
    ...rounds.map((round): [StepName, () => Promise<unknown>] => ["lists", () => fetchList(vault, line, round.id)]),
    ["returned", () => fetchReturned(vault, line, photos)],
    ["copies", () => copyDrafts(vault, line, photos)],
    ["copies", async () => (sum.restored += await restoreOnce(vault, line))],
  ];
  let trouble: Trouble | null = null;
  for (const [name, step] of steps) {
    wishes.step?.(name);
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Failure)) console.error(error);
      trouble ??= troubleOf(error);
      if (trouble.kind === "line" || trouble.kind === "portal" || trouble.kind === "sign_in") return trouble;
    }
  }
  return trouble;
}

/** Copies come back once after a sign-in, not at each sync: another phone of the same person has its own drafts. */
async function restoreOnce(vault: Vault, line: Line): Promise<number> {
  if (await state(vault.db, "restored", false)) return 0;
  const restored = await restoreDrafts(vault, line);
  await vault.db.put("state", true, "restored");
  return restored;
}

async function hello(vault: Vault, line: Line): Promise<Person | undefined> {
  const [room, battery, unsent, drafts] = await Promise.all([
    space(), batteryLeft(), vault.db.count("outbox"), vault.db.count("drafts"),
  ]);
  const freeMb = room.quota ? Math.round((room.quota - room.used) / 1_000_000) : undefined;
  const said = {
    appVersion: VERSION, freeMb, battery: battery === null ? undefined : battery / 100, unsent, drafts,
    persisted: room.kept, installId: await deviceId(),
  };
  const body = JSON.stringify(said);
  const headers = { "Content-Type": "application/json" };
  const answer = await line.json<Hello>("/sync/hello", { method: "POST", headers, body, sent: body.length });
  if (await state(vault.db, "wiped", false)) await confirmWipe(vault, line);
  const { person: about, keys, rounds, expiresAt } = answer;
  return renew(vault.person.id, about, { keys, rounds, expiresAt });
}

async function confirmWipe(vault: Vault, line: Line): Promise<void> {
  const kept = (await vault.db.count("outbox")) + (await vault.db.count("drafts"));
  const headers = { "Content-Type": "application/json" };
  await line.ask("/sync/wiped", { method: "POST", headers, body: JSON.stringify({ kept }) });
  await vault.db.delete("state", "wiped");
}
