// The database of the phone itself: who uses it, their wrapped keys and tokens, settings. No household stands in it.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Bytes, text, utf8 } from "./bytes";
import { decrypt, encrypt, newDeviceKey, type SealKey, type Wrapped } from "./crypto";

/** A round of review, as `hello` describes it. */
export interface Round {
  id: number;
  name: string;
  year: number;
  startsOn: string;
  endsOn: string;
  state: string;
  practice: boolean;
  practiceRoundId: number | null;
  locked: boolean; // real work opens after practiceNeeded practice households
  practiceNeeded: number;
  practiceDone: number;
}

export interface Keys {
  seal: SealKey;
  receipts: { id: string; jwk: JsonWebKey };
}

export interface Person {
  id: string; // the server's id of the person; also part of the name of their database
  name: string;
  login: string; // what they typed; digits of the phone number
  village: string; // "" where the server names none
  commune: string;
  rounds: Round[];
  token: Bytes; // under the phone's key, so that the outbox can leave while locked
  deviceNumber: number; // the server's number of this phone
  tokenState: "good" | "ended"; // ended: the server refused it; the outbox waits for a new sign-in
  expiresAt: string;
  keys: Keys;
  wrapped: Wrapped; // the data key behind the PIN
  recovery: Bytes; // the data key under a key of the draft salt
  draftSalt: Bytes; // under the data key
  tries: number; // wrong PINs since the last right one
  waitUntil: number; // this phone's clock, ms: no PIN is looked at before
  lastUsed: number;
}

interface Device extends DBSchema {
  people: { key: string; value: Person };
  keys: { key: string; value: CryptoKey };
  settings: { key: string; value: unknown };
}

let opened: Promise<IDBPDatabase<Device>> | null = null;

export function device(): Promise<IDBPDatabase<Device>> {
  opened ??= openDB<Device>("fieldsurvey", 1, {
    upgrade(db) {
      db.createObjectStore("people", { keyPath: "id" });
      db.createObjectStore("keys");
      db.createObjectStore("settings");
    },
    terminated() {
      opened = null;
    },
  });
  return opened;
}

/** The phone's own key; made when first asked for. */
export async function deviceKey(): Promise<CryptoKey> {
  const db = await device();
  const known = await db.get("keys", "device");
  if (known) return known;
  const made = await newDeviceKey();
  const tx = db.transaction("keys", "readwrite");
  const meanwhile = await tx.store.get("device"); // another tab may have been quicker
  if (!meanwhile) await tx.store.put(made, "device");
  await tx.done;
  return meanwhile ?? made;
}

export const people = async (): Promise<Person[]> =>
  (await (await device()).getAll("people")).sort((a, b) => b.lastUsed - a.lastUsed);

export const person = async (id: string): Promise<Person | undefined> => (await device()).get("people", id);

/** Change some fields of a person, in one transaction. */
export async function changePerson(id: string, change: Partial<Person>): Promise<Person | undefined> {
  const tx = (await device()).transaction("people", "readwrite");
  const known = await tx.store.get(id);
  const changed = known && { ...known, ...change };
  if (changed) await tx.store.put(changed);
  await tx.done;
  return changed;
}

export const keepPerson = async (made: Person): Promise<unknown> => (await device()).put("people", made);

export const forgetPerson = async (id: string): Promise<void> => (await device()).delete("people", id);

export const sealToken = async (token: string): Promise<Bytes> => encrypt(await deviceKey(), utf8(token));

export const tokenOf = async (who: Person): Promise<string> => text(await decrypt(await deviceKey(), who.token));

export async function setting<T>(name: string, otherwise: T): Promise<T> {
  return ((await (await device()).get("settings", name)) as T | undefined) ?? otherwise;
}

export const set = async (name: string, value: unknown): Promise<unknown> => (await device()).put("settings", value, name);

/** A name of this phone for the server; made once. */
export async function deviceId(): Promise<string> {
  const known = await setting("deviceId", "");
  if (known) return known;
  const made = `fieldsurvey:${crypto.randomUUID()}`;
  await set("deviceId", made);
  return made;
}
