// Sealed copies of drafts on the server: made when there is a line, fetched back when the phone has lost its own.

import type { DraftFile } from "../form/contract";
import { base64, type Bytes, fromBase64, gzip, text, utf8 } from "../store/bytes";
import { decrypt, encrypt } from "../store/crypto";
import { type Draft, type DraftBody, formKey } from "../store/db";
import { openFiles, saveDraft } from "../store/drafts";
import { draftKey } from "../store/people";
import type { Vault } from "../store/vault";
import type { Line } from "./http";

/** What a copy holds, as JSON, gzipped, then under the draft key. Photos go along when there is Wi-Fi and room. */
interface Copy {
  draft: Omit<Draft, "secret" | "copiedAt">;
  body: DraftBody;
  form: { number: number; version: string };
  practice: boolean;
  files: { name: string; mime: string; content: string }[];
}

const MOST = 900_000; // bytes of a copy with photos; the server takes a megabyte

interface Listed {
  instanceId: string;
  size: number;
  updatedAt: string;
}

const address = (instanceId: string): string => `/sync/drafts/${encodeURIComponent(instanceId)}`;

/** Bring the server's copies up to date: new texts go up, those of drafts that are gone are deleted. */
export async function copyDrafts(vault: Vault, line: Line, photos: boolean): Promise<void> {
  for (const draft of await vault.db.getAll("drafts")) {
    if (draft.copiedAt >= draft.savedAt) continue;
    const body = await draftCopy(vault, draft, photos);
    await line.ask(address(draft.instanceId), { method: "PUT", body, sent: body.length });
    await noteCopied(vault, draft.instanceId, draft.savedAt);
  }
  await forgetCopies(vault, line);
}

/** A draft closed with the draft key. Its photos only where they fit. */
export async function draftCopy(vault: Vault, { secret, copiedAt: _, ...draft }: Draft, photos: boolean): Promise<Bytes> {
  const form = await vault.db.get("forms", draft.formKey);
  const opened = photos ? await openFiles(vault, draft.instanceId) : [];
  const fit = opened.reduce((sum, file) => sum + file.blob.size * 1.4, 0) < MOST;
  const copy: Copy = {
    draft,
    body: await vault.show<DraftBody>(secret),
    form: { number: form?.number ?? 0, version: form?.version ?? "" },
    practice: vault.practice,
    files: await Promise.all(fit ? opened.map(packed) : []),
  };
  return encrypt(await draftKey(vault), await gzip(utf8(JSON.stringify(copy))));
}

const packed = async ({ name, mime, blob }: DraftFile): Promise<Copy["files"][number]> => ({
  name, mime, content: base64(new Uint8Array(await blob.arrayBuffer())),
});

const unpacked = ({ name, mime, content }: Copy["files"][number]): DraftFile => ({
  name, mime, blob: new Blob([fromBase64(content)], { type: mime }),
});

async function noteCopied(vault: Vault, instanceId: string, at: number): Promise<void> {
  const tx = vault.db.transaction("drafts", "readwrite");
  const draft = await tx.store.get(instanceId);
  if (draft) await tx.store.put({ ...draft, copiedAt: Math.max(at, draft.copiedAt) });
  await tx.done;
}

/** Drafts that the person threw away are remembered until their copy is gone. */
async function forgetCopies(vault: Vault, line: Line): Promise<void> {
  const gone = ((await vault.db.get("state", "discarded")) as string[] | undefined) ?? [];
  for (const instanceId of gone) await line.ask(address(instanceId), { method: "DELETE" });
  if (gone.length) await vault.db.put("state", [], "discarded");
}

/** Fetch back the drafts that this phone does not have. Returns how many there were. */
export async function restoreDrafts(vault: Vault, line: Line): Promise<number> {
  const key = await draftKey(vault);
  const discarded = ((await vault.db.get("state", "discarded")) as string[] | undefined) ?? [];
  const known = new Set([
    ...discarded,
    ...(await vault.db.getAllKeys("drafts")),
    ...(await vault.db.getAllKeys("outbox")),
    ...(await vault.db.getAllKeys("receipts")),
  ]);
  let restored = 0;
  for (const { instanceId } of await line.json<Listed[]>("/sync/drafts")) {
    if (known.has(instanceId)) continue;
    const copy = await opened(key, new Uint8Array((await line.ask(address(instanceId))).body));
    if (!copy || copy.practice !== vault.practice) continue;
    const { savedAt: _, ...draft } = copy.draft;
    await saveDraft(vault, { ...draft, formKey: formKey({ id: copy.form.number, version: copy.form.version }), body: copy.body }, copy.files.map(unpacked));
    restored += 1;
  }
  return restored;
}

async function opened(key: CryptoKey, secret: Bytes): Promise<Copy | null> {
  try {
    const stream = new Blob([await decrypt(key, secret)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(text(new Uint8Array(await new Response(stream).arrayBuffer()))) as Copy;
  } catch {
    return null; // made by something else; it stays where it is
  }
}

