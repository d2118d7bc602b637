// The file that is carried to the office: everything unsent, sealed, in one file of records (docs/phone-app-protocol.md).
// Works while locked: finished forms were sealed when they were finished. Drafts go along when the person is unlocked.

import { utf8 } from "../store/bytes";
import { proof, seal } from "../store/crypto";
import type { OwnDb } from "../store/db";
import { type Person, tokenOf } from "../store/device";
import type { Vault } from "../store/vault";
import { draftCopy } from "./copies";
import { today } from "./meter";

export interface Carried {
  file: File;
  forms: number;
  drafts: number;
}

const MAGIC = utf8("FSC1");

/** All that has not arrived: texts first, then files, then (with `vault`) drafts. */
export async function carry(who: Person, db: OwnDb, vault: Vault | null): Promise<Carried> {
  const items = (await db.getAll("outbox")).sort((a, b) => a.createdAt - b.createdAt);
  const parts: BlobPart[] = [MAGIC, ...items.map((item) => item.sealed)];
  for (const item of items)
    for (const file of await db.getAllFromIndex("files", "instance", item.instanceId)) if (file.sealed) parts.push(file.sealed);
  const drafts = vault ? await sealedDrafts(who, vault) : [];
  const name = `phieu-${fileWord(who.name)}-${today()}.fsc`;
  const file = new File([...parts, ...drafts], name, { type: "application/octet-stream" });
  return { file, forms: items.length, drafts: drafts.length };
}

async function sealedDrafts(who: Person, vault: Vault): Promise<BlobPart[]> {
  const token = await tokenOf(who);
  const drafts = await vault.db.getAll("drafts");
  return Promise.all(
    drafts.map(async (draft) => {
      const content = await draftCopy(vault, draft, true);
      const { instanceId } = draft;
      const said = await proof(token, "draft", instanceId, "", content);
      return seal(who.keys.seal, { kind: "draft", instanceId, deviceId: who.deviceNumber, proof: said }, content);
    }),
  );
}

/** "Phùng Văn Tuyến" → "phung-van-tuyen". */
export const fileWord = (name: string): string =>
  name.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** Hand the file to another app (chat, Bluetooth) where the browser can; false: it was saved among the downloads. */
export async function handOver(file: File): Promise<boolean> {
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file], title: file.name });
      return true;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return true; // the person changed their mind
    }
  }
  save(file);
  return false;
}

export function save(file: File): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
