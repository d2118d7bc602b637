// Drafts: kept at every change, opened exactly as they were, closed into the outbox in one transaction.

import type { DraftFile } from "../form/contract";
import { type Bytes, gzip, sha256, utf8 } from "./bytes";
import { serverNow } from "./clock";
import { decrypt, encrypt, proof, seal } from "./crypto";
import type { Draft, DraftBody, FileRecord, FormRecord, OutboxItem } from "./db";
import { tokenOf } from "./device";
import type { Vault } from "./vault";

/** What the form hands over: everything about one filled form but its files. */
export interface Filled {
  instanceId: string;
  deprecatedId: string | null;
  formKey: string;
  household: string | null;
  page: string | null;
  body: DraftBody;
}

export interface OpenDraft extends Filled {
  files: DraftFile[];
  savedAt: number;
  copiedAt: number;
}

const kept = new WeakMap<Blob, string>(); // contents that the database already has: instance and name

const bytesOf = async (blob: Blob): Promise<Bytes> => new Uint8Array(await blob.arrayBuffer());

async function fileRecord(vault: Vault, instanceId: string, file: DraftFile): Promise<FileRecord> {
  const plain = await bytesOf(file.blob);
  const secret = new Blob([await encrypt(vault.key, plain)]);
  return { instanceId, name: file.name, mime: file.mime, size: plain.length, secret, sealed: null, sealedHash: "" };
}

/** Keep a draft. `files` are all its files of now; what is no longer among them goes. Returns when it is on disk. */
export async function saveDraft(vault: Vault, filled: Filled, files: DraftFile[]): Promise<number> {
  const fresh = files.filter((file) => kept.get(file.blob) !== `${filled.instanceId}/${file.name}`);
  const records = await Promise.all(fresh.map((file) => fileRecord(vault, filled.instanceId, file)));
  const { body, ...open } = filled;
  const savedAt = serverNow();
  const secret = await vault.hide(body);
  const tx = vault.db.transaction(["drafts", "files"], "readwrite");
  const before = await tx.objectStore("drafts").get(filled.instanceId);
  const draft: Draft = { ...open, savedAt, copiedAt: before?.copiedAt ?? 0, secret };
  const stored = await tx.objectStore("files").index("instance").getAllKeys(filled.instanceId);
  const names = new Set(files.map((file) => file.name));
  await Promise.all([
    tx.objectStore("drafts").put(draft),
    ...records.map((record) => tx.objectStore("files").put(record)),
    ...stored.filter(([, name]) => !names.has(name)).map((key) => tx.objectStore("files").delete(key)),
    tx.done,
  ]);
  for (const file of fresh) kept.set(file.blob, `${filled.instanceId}/${file.name}`);
  return savedAt;
}

export async function openFiles(vault: Vault, instanceId: string): Promise<DraftFile[]> {
  const records = await vault.db.getAllFromIndex("files", "instance", instanceId);
  return Promise.all(
    records.map(async (record) => {
      const plain = await decrypt(vault.key, await bytesOf(record.secret));
      const blob = new Blob([plain], { type: record.mime });
      kept.set(blob, `${instanceId}/${record.name}`);
      return { name: record.name, mime: record.mime, blob };
    }),
  );
}

export async function openDraft(vault: Vault, instanceId: string): Promise<OpenDraft | null> {
  const draft = await vault.db.get("drafts", instanceId);
  if (!draft) return null;
  const { secret, ...open } = draft;
  return { ...open, body: await vault.show<DraftBody>(secret), files: await openFiles(vault, instanceId) };
}

/** The person throws a draft away; its copy on the server goes with the next sync. */
export async function discardDraft(vault: Vault, instanceId: string): Promise<void> {
  const tx = vault.db.transaction(["drafts", "files", "state"], "readwrite");
  const stored = await tx.objectStore("files").index("instance").getAllKeys(instanceId);
  const discarded = ((await tx.objectStore("state").get("discarded")) as string[] | undefined) ?? [];
  await Promise.all([
    tx.objectStore("state").put([...discarded, instanceId], "discarded"),
    tx.objectStore("drafts").delete(instanceId),
    ...stored.map((key) => tx.objectStore("files").delete(key)),
    tx.done,
  ]);
}

/** Records that the server alone can open: the XML first, then each file. */
async function sealed(vault: Vault, form: FormRecord, filled: Filled, files: DraftFile[]): Promise<{ xml: Bytes; files: FileRecord[] }> {
  const { keys, deviceNumber: deviceId } = vault.person;
  const { instanceId } = filled;
  const token = await tokenOf(vault.person);
  const common = { roundId: form.roundId, instanceId, deviceId };
  const plain = utf8(filled.body.xml);
  const said = await proof(token, "submission", instanceId, "", plain);
  const header = { kind: "submission", encoding: "gzip", ...common, proof: said };
  const xml = await seal(keys.seal, header, await gzip(plain));
  const records = files.map(async (file) => {
    const content = await bytesOf(file.blob);
    const whose = await proof(token, "file", instanceId, file.name, content);
    const about = { kind: "file", name: file.name, type: file.mime, ...common, proof: whose };
    const closed = await seal(keys.seal, about, content);
    const record = await fileRecord(vault, instanceId, file);
    return { ...record, sealed: new Blob([closed]), sealedHash: await sha256(closed) };
  });
  return { xml, files: await Promise.all(records) };
}

/** The form is finished: seal it and its files, move it to the outbox. The draft goes in the same transaction. */
export async function finishDraft(vault: Vault, filled: Filled, files: DraftFile[]): Promise<OutboxItem> {
  const form = await vault.db.get("forms", filled.formKey);
  if (!form) throw new Error(`no form ${filled.formKey}`);
  const { xml, files: records } = await sealed(vault, form, filled, files);
  const item: OutboxItem = {
    instanceId: filled.instanceId,
    formId: form.id,
    version: form.version,
    roundId: form.roundId,
    formKey: form.key,
    deprecatedId: filled.deprecatedId,
    household: filled.household,
    sealed: xml,
    secret: await vault.hide(filled.body),
    state: "waiting",
    files: records.map(({ name, mime, sealed: closed }) => ({ name, mime, size: closed!.size, sent: 0, done: false })),
    receipt: null,
    tries: 0,
    nextAt: 0,
    trouble: null,
    createdAt: serverNow(),
  };
  const tx = vault.db.transaction(["drafts", "files", "outbox", "returned"], "readwrite");
  const stored = await tx.objectStore("files").index("instance").getAllKeys(filled.instanceId);
  const names = new Set(files.map((file) => file.name));
  await Promise.all([
    tx.objectStore("drafts").delete(filled.instanceId),
    tx.objectStore("outbox").put(item),
    ...records.map((record) => tx.objectStore("files").put(record)),
    ...stored.filter(([, name]) => !names.has(name)).map((key) => tx.objectStore("files").delete(key)),
    ...(filled.deprecatedId ? [tx.objectStore("returned").delete(filled.deprecatedId)] : []),
    tx.done,
  ]);
  return item;
}

/** Take a finished form back to mend it, as long as nothing of it has arrived. */
export async function reopen(vault: Vault, instanceId: string): Promise<boolean> {
  const tx = vault.db.transaction(["drafts", "outbox"], "readwrite");
  const item = await tx.objectStore("outbox").get(instanceId);
  if (!item || item.state === "text_sent") return false;
  const { deprecatedId, formKey, household, secret } = item;
  const draft: Draft = {
    instanceId, deprecatedId, formKey, household, page: null, savedAt: serverNow(), copiedAt: 0, secret,
  };
  await Promise.all([tx.objectStore("drafts").put(draft), tx.objectStore("outbox").delete(instanceId), tx.done]);
  return true;
}
