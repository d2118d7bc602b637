// Fetches what the person works with: forms with their files (swapped together), the village's list by its changes, and
// what the office has sent back. All of it is kept encrypted; nothing is thrown away before its successor is whole.

import { type Bytes, text } from "../store/bytes";
import { decrypt, encrypt } from "../store/crypto";
import { type FormRecord, formKey, type OwnDb, type ReturnedBody, state } from "../store/db";
import type { Vault } from "../store/vault";
import type { Line } from "./http";

interface FormEntry {
  id: number;
  roundId: number;
  practice: boolean;
  xmlFormId: string;
  version: string;
  title: string;
  hash: string;
  size: number;
  householdForm: boolean;
  url: string;
  media: { name: string; hash: string; url: string }[];
}

/** Progress of a long fetch: so many of so many things. */
export type Progress = (done: number, all: number) => void;

/** JSON with an ETag: null when nothing has changed since last time. The new tag is kept by `keepTag`. */
async function changedJson<T>(line: Line, db: OwnDb, path: string): Promise<{ value: T; tag: string | null } | null> {
  const tag = await state<string | null>(db, `etag ${path}`, null);
  const answer = await line.ask(path, { headers: tag ? { "If-None-Match": tag } : {} });
  if (answer.status === 304) return null;
  const value = JSON.parse(text(new Uint8Array(answer.body))) as T;
  return { value, tag: answer.headers.get("ETag") };
}

const keepTag = (db: OwnDb, path: string, tag: string | null): Promise<unknown> => db.put("state", tag, `etag ${path}`);

/** Bring forms and their files up to date. Each form changes in one transaction with its files. */
export async function fetchForms(vault: Vault, line: Line, progress: Progress = () => undefined): Promise<void> {
  const { db } = vault;
  const answer = await changedJson<FormEntry[]>(line, db, "/sync/forms");
  if (!answer) return;
  const entries = answer.value.filter((entry) => entry.practice === vault.practice);
  const steps = entries.reduce((sum, entry) => sum + 1 + entry.media.length, 0);
  let done = 0;
  for (const entry of entries) await fetchForm(vault, line, entry, () => progress((done += 1), steps));
  await dropOld(db, new Set(entries.map(formKey)));
  await keepTag(db, "/sync/forms", answer.tag);
}

async function fetchForm(vault: Vault, line: Line, entry: FormEntry, step: () => void): Promise<void> {
  const { db } = vault;
  const known = await db.get("forms", formKey(entry));
  if (known?.hash === entry.hash && known.current) return;
  const xml = known?.xml ?? text(new Uint8Array((await line.ask(entry.url)).body)); // a published version never changes
  step();
  const fresh: { hash: string; secret: Bytes }[] = [];
  for (const { hash, url } of entry.media) {
    if (!(await db.get("media", hash))) {
      const { body } = await line.ask(url);
      fresh.push({ hash, secret: await encrypt(vault.key, new Uint8Array(body)) });
    }
    step();
  }
  const { id: number, roundId, practice, xmlFormId: id, version, hash, title, householdForm } = entry;
  const media = entry.media.map(({ name, hash: content }) => ({ name, hash: content }));
  const made: FormRecord = {
    key: formKey(entry), number, id, version, hash, title, roundId, practice, householdForm, xml, media, current: true,
  };
  const tx = db.transaction(["forms", "media"], "readwrite");
  await Promise.all([tx.objectStore("forms").put(made), ...fresh.map((one) => tx.objectStore("media").put(one)), tx.done]);
}

/** A version that is no longer listed stays as long as a draft or an unsent form uses it; then its files may go too. */
async function dropOld(db: OwnDb, listed: Set<string>): Promise<void> {
  const tx = db.transaction(["forms", "media", "drafts", "outbox", "returned"], "readwrite");
  const used = new Set<string>();
  for (const draft of await tx.objectStore("drafts").getAll()) used.add(draft.formKey);
  for (const item of await tx.objectStore("outbox").getAll()) used.add(item.formKey);
  for (const back of await tx.objectStore("returned").getAll()) used.add(back.formKey);
  const hashes = new Set<string>();
  for (const form of await tx.objectStore("forms").getAll()) {
    const current = listed.has(form.key);
    if (!current && !used.has(form.key)) {
      await tx.objectStore("forms").delete(form.key);
      continue;
    }
    if (form.current !== current) await tx.objectStore("forms").put({ ...form, current });
    for (const { hash } of form.media) hashes.add(hash);
  }
  for (const hash of await tx.objectStore("media").getAllKeys())
    if (!hash.startsWith("/") && !hashes.has(hash)) await tx.objectStore("media").delete(hash);
  await tx.done;
}

/** A version that an opened form needs and that is not listed any more. */
export async function fetchVersion(vault: Vault, line: Line, like: FormRecord, version: string): Promise<FormRecord> {
  const xml = text(new Uint8Array((await line.ask(`/sync/forms/${like.number}/${encodeURIComponent(version)}.xml`)).body));
  const made = { ...like, key: formKey({ id: like.number, version }), version, xml, current: false };
  await vault.db.put("forms", made);
  return made;
}

/** A household of the village's list, as the server gives it. */
export interface Listed {
  uuid: string;
  name: string;
  code: string;
  village: string;
  address: string;
  members: number;
  state: "not_visited" | "has_issues" | "received" | "edited" | "approved" | "rejected";
  prior_class: string | null;
  due: string | null;
  lat: number | null;
  lon: number | null;
  order: number;
  story?: Record<string, string>; // of a practice household: what its people would say, by language
  conflict?: boolean; // a change that this phone sent lost against another one
}

interface Delta {
  version: string;
  full: boolean;
  households: Listed[];
  gone: string[];
}

const listName = (roundId: number): string => `households ${roundId}`;

export async function listed(vault: Vault, roundId: number): Promise<Listed[]> {
  const kept = await vault.db.get("lists", listName(roundId));
  return kept ? vault.show<Listed[]>(kept.secret) : [];
}

/** The list of a round, by what changed since the version that the phone has. */
export async function fetchList(vault: Vault, line: Line, roundId: number): Promise<void> {
  const kept = await vault.db.get("lists", listName(roundId));
  const since = kept ? `&since=${encodeURIComponent(kept.version)}` : "";
  const delta = await line.json<Delta>(`/sync/households?round=${roundId}${since}`);
  if (kept && delta.version === kept.version) return;
  const before = delta.full || !kept ? [] : await vault.show<Listed[]>(kept.secret);
  const secret = await vault.hide(merged(before, delta));
  await vault.db.put("lists", { name: listName(roundId), version: delta.version, secret });
}

/** The list with a delta laid over it. */
export function merged(before: Listed[], delta: Pick<Delta, "households" | "gone">): Listed[] {
  const rows = new Map(before.map((row) => [row.uuid, row]));
  for (const row of delta.households) rows.set(row.uuid, row);
  for (const uuid of delta.gone) rows.delete(uuid);
  return [...rows.values()];
}

const RETURNED = "/sync/returned";
const MOST_PICTURE = 3_000_000; // bytes; a returned form's larger files stay at the office

/** What the office has sent back. What is no longer in the answer has been dealt with. */
export async function fetchReturned(vault: Vault, line: Line, photos: boolean): Promise<void> {
  const { db } = vault;
  const answer = await changedJson<ReturnedBody[]>(line, db, RETURNED);
  if (!answer) return;
  const rounds = new Set((await db.getAll("forms")).map((form) => form.roundId));
  const bodies = answer.value.filter((body) => rounds.has(body.roundId));
  const records = await Promise.all(
    bodies.map(async (body) => ({
      instanceId: body.instanceId,
      household: body.household,
      formKey: formKey({ id: body.formId, version: body.version }),
      secret: await vault.hide(body),
    })),
  );
  for (const body of bodies) await fetchAttached(vault, line, body, photos);
  const tx = db.transaction(["returned", "media"], "readwrite");
  await tx.objectStore("returned").clear();
  await Promise.all(records.map((record) => tx.objectStore("returned").put(record)));
  const wanted = new Set(bodies.flatMap(attachedAddresses));
  for (const key of await tx.objectStore("media").getAllKeys())
    if (key.startsWith("/") && !wanted.has(key)) await tx.objectStore("media").delete(key);
  await tx.done;
  await keepTag(db, RETURNED, answer.tag);
}

const attachedAddresses = (body: ReturnedBody): string[] => [
  ...body.notes.flatMap((note) => (note.audio ? [note.audio.url] : [])),
  ...body.files.map((file) => file.url),
];

async function fetchAttached(vault: Vault, line: Line, body: ReturnedBody, photos: boolean): Promise<void> {
  const voices = body.notes.flatMap((note) => (note.audio ? [note.audio.url] : []));
  const pictures = photos ? body.files.filter((file) => file.size <= MOST_PICTURE).map((file) => file.url) : [];
  for (const url of [...voices, ...pictures]) {
    if (await vault.db.get("media", url)) continue;
    const { body: content } = await line.ask(url);
    await vault.db.put("media", { hash: url, secret: await encrypt(vault.key, new Uint8Array(content)) });
  }
}

/** A stored file, by its hash or address; null when the phone does not have it. */
export async function stored(vault: Vault, hash: string, type = ""): Promise<Blob | null> {
  const kept = await vault.db.get("media", hash);
  return kept ? new Blob([await decrypt(vault.key, kept.secret)], { type }) : null;
}
