// The people of this phone: adding one after a sign-in, unlocking with the PIN, changing it. Nothing here asks the server.

import { type Bytes, fromBase64 } from "./bytes";
import { decrypt, encrypt, imported, newDataKey, saltKey, unwrap, wrap } from "./crypto";
import { changePerson, deviceKey, keepPerson, type Keys, type Person, person, type Round, sealToken } from "./device";
import { Vault } from "./vault";

/** What the server answers to a sign-in. */
export interface SignedIn {
  token: string;
  expiresAt: string;
  device: { id: number; name: string };
  person: Who;
  keys: Keys;
  rounds: Round[];
}

export interface Who {
  id: number;
  name: string;
  phone: string | null;
  hasPin: boolean;
  village: { code: string; name: string } | null;
  commune: { code: string; name: string } | null;
  draftSalt: string;
}

export const FREE_TRIES = 5;
const PAUSE = 30_000; // after the free tries, doubled each time
const LONGEST = 3_600_000;

/** 4–8 digits, not all alike, not a run: as the server asks. */
export function isGoodPin(pin: string): boolean {
  if (!/^\d{4,8}$/.test(pin) || new Set(pin).size === 1) return false;
  const steps = new Set([...pin].slice(1).map((digit, at) => Number(digit) - Number(pin[at])));
  return !(steps.size === 1 && (steps.has(1) || steps.has(-1)));
}

/** The fields that each sign-in and each hello renew. */
const renewed = (who: Who): Pick<Person, "name" | "village" | "commune"> => ({
  name: who.name,
  village: who.village?.name ?? "",
  commune: who.commune?.name ?? "",
});

/**
 * After a sign-in: make or renew the person of this phone, with this PIN, and open their vault.
 * A person who was here before keeps their data key, whatever their PIN was: the draft salt opens it.
 */
export async function admit(answer: SignedIn, login: string, pin: string): Promise<Vault> {
  const id = String(answer.person.id);
  const salt = fromBase64(answer.person.draftSalt);
  const before = await person(id);
  const raw = before ? await decrypt(await saltKey(salt, "recovery"), before.recovery) : newDataKey();
  const key = await imported(raw);
  const made: Person = {
    id,
    ...renewed(answer.person),
    login,
    rounds: answer.rounds,
    token: await sealToken(answer.token),
    deviceNumber: answer.device.id,
    tokenState: "good",
    expiresAt: answer.expiresAt,
    keys: answer.keys,
    wrapped: await wrap(raw, pin, await deviceKey()),
    recovery: await encrypt(await saltKey(salt, "recovery"), raw),
    draftSalt: await encrypt(key, salt),
    tries: 0,
    waitUntil: 0,
    lastUsed: Date.now(),
  };
  await keepPerson(made);
  return Vault.open(made, key);
}

export type Unlocked = { vault: Vault } | { wrong: true; left: number } | { wait: number };

/** Try a PIN. After five wrong ones each try costs a pause that doubles; no number of tries deletes anything. */
export async function unlock(id: string, pin: string): Promise<Unlocked> {
  const who = await person(id);
  if (!who) throw new Error("nobody");
  const wait = who.waitUntil - Date.now();
  if (wait > 0 && wait <= LONGEST) return { wait }; // a longer one comes from a clock that was set back
  const raw = await unwrap(who.wrapped, pin, await deviceKey());
  if (raw === null) return missed(who);
  const changed = await changePerson(id, { tries: 0, waitUntil: 0, lastUsed: Date.now() });
  return { vault: await Vault.open(changed ?? who, await imported(raw)) };
}

async function missed(who: Person): Promise<Unlocked> {
  const tries = who.tries + 1;
  const over = tries - FREE_TRIES;
  const wait = over < 0 ? 0 : Math.min(PAUSE * 2 ** over, LONGEST);
  await changePerson(who.id, { tries, waitUntil: wait ? Date.now() + wait : 0 });
  return wait ? { wait } : { wrong: true, left: -over };
}

/** A new PIN for this phone, given the old one. Returns false when the old one is wrong. */
export async function changePin(id: string, old: string, pin: string): Promise<boolean> {
  const who = await person(id);
  const raw = who && (await unwrap(who.wrapped, old, await deviceKey()));
  if (!raw) return false;
  await changePerson(id, { wrapped: await wrap(raw, pin, await deviceKey()) });
  return true;
}

/** The key that closes copies of drafts for the server to keep. */
export async function draftKey(vault: Vault): Promise<CryptoKey> {
  const salt: Bytes = await decrypt(vault.key, vault.person.draftSalt);
  return saltKey(salt, "draft");
}

/** What hello says about the person. */
export async function renew(id: string, who: Who, rest: Pick<Person, "rounds" | "keys" | "expiresAt">): Promise<Person | undefined> {
  return changePerson(id, { ...renewed(who), ...rest, tokenState: "good" });
}
