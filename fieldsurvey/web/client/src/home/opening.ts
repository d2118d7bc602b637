// What FormView needs for a new form, a draft or a returned one, read from the person's database.

import type { Definition, Draft, Media, Note } from "../form/contract";
import { type DraftBody, type FormRecord, formKey, type ReturnedBody } from "../store/db";
import { tokenOf } from "../store/device";
import { openDraft } from "../store/drafts";
import type { Vault } from "../store/vault";
import { fetchVersion, type Listed, listed, stored } from "../sync/fetch";
import { Line } from "../sync/http";

export interface Opened {
  form: FormRecord;
  definition: Definition;
  media: Media;
  draft: Draft;
  household: string | null;
  label: string;
  notes: DraftBody["notes"];
  reason: string;
  story: Record<string, string> | null; // of a practice household
}

/** Why a form cannot be opened now; the names are sentences. */
export class CannotOpen extends Error {}

export async function openNew(vault: Vault, key: string, household: string | null): Promise<Opened> {
  const form = await vault.db.get("forms", key);
  if (!form) throw new CannotOpen("form.missing");
  const row = await rowOf(vault, form, household);
  const draft: Draft = {
    instanceId: null, deprecatedId: null, xml: null, page: null, files: [], notes: [], returned: false,
    ...(household ? { start: startFor(form.xml, household) } : {}),
  };
  return { ...(await common(vault, form)), draft, household, label: row?.name ?? "", notes: [], reason: "", story: row?.story ?? null };
}

export async function openKept(vault: Vault, instanceId: string): Promise<Opened> {
  const kept = await openDraft(vault, instanceId);
  if (!kept) throw new CannotOpen("form.gone");
  const { deprecatedId, page, files, household, body } = kept;
  const draft: Draft = {
    instanceId, deprecatedId, xml: body.xml, page, files, notes: await noteFiles(vault, body.notes), returned: false,
  };
  const form = await versionOf(vault, kept.formKey);
  const story = (await rowOf(vault, form, household))?.story ?? null;
  const { label, notes, reason } = body;
  return { ...(await common(vault, form)), draft, household, label, notes, reason, story };
}

export async function openReturned(vault: Vault, instanceId: string): Promise<Opened> {
  const begun = (await vault.db.getAll("drafts")).find((draft) => draft.deprecatedId === instanceId);
  if (begun) return openKept(vault, begun.instanceId);
  const record = await vault.db.get("returned", instanceId);
  if (!record) throw new CannotOpen("form.gone");
  const body = await vault.show<ReturnedBody>(record.secret);
  const form = await versionOf(vault, formKey({ id: body.formId, version: body.version }));
  const files = await Promise.all(
    body.files.map(async ({ name, type, url }) => ({ name, mime: type, blob: await stored(vault, url, type) })),
  );
  const draft: Draft = {
    instanceId, deprecatedId: null, xml: body.xml, page: null, notes: await noteFiles(vault, body.notes), returned: true,
    files: files.flatMap(({ blob, ...file }) => (blob ? [{ ...file, blob }] : [])),
  };
  const { household, name: label, notes, reason } = body;
  return { ...(await common(vault, form)), draft, household, label, notes, reason, story: null };
}

const rowOf = async (vault: Vault, form: FormRecord, household: string | null): Promise<Listed | undefined> =>
  household ? (await listed(vault, form.roundId)).find((one) => one.uuid === household) : undefined;

async function common(vault: Vault, form: FormRecord): Promise<Pick<Opened, "form" | "definition" | "media">> {
  const definition = { formId: form.id, version: form.version, title: form.title, xml: form.xml };
  const media = new Map(form.media.map(({ name, hash }) => [name, async () => (await stored(vault, hash)) ?? new Blob([])]));
  return { form, definition, media };
}

/** The version that a draft was begun with; with a line it can be fetched, if the phone does not have it. */
async function versionOf(vault: Vault, key: string): Promise<FormRecord> {
  const known = await vault.db.get("forms", key);
  if (known) return known;
  const [number, version] = key.split("|");
  const like = (await vault.db.getAll("forms")).find((form) => form.number === Number(number));
  if (!like) throw new CannotOpen("form.missing");
  try {
    return await fetchVersion(vault, new Line(await tokenOf(vault.person)), like, version ?? "");
  } catch {
    throw new CannotOpen("form.version_missing");
  }
}

const noteFiles = (vault: Vault, notes: DraftBody["notes"]): Promise<Note[]> =>
  Promise.all(
    notes.map(async ({ path, text, audio }) => ({
      path, text, audio: audio ? await stored(vault, audio.url, audio.type) : null,
    })),
  );

/**
 * Answers to begin with, so that the household need not be looked for again: the question that chooses from the list
 * `households`, and the one beside it that asks whether the household is listed.
 */
export function startFor(xml: string, household: string): Record<string, string> {
  const form = new DOMParser().parseFromString(xml, "application/xml");
  const chooser = [...form.querySelectorAll("itemset")].find((set) =>
    /instance\('households'\)/.test(set.getAttribute("nodeset") ?? ""));
  const path = chooser?.parentElement?.getAttribute("ref");
  if (!path) return {};
  const asked = `${path.slice(0, path.lastIndexOf("/"))}/listing`;
  const listing = [...form.querySelectorAll("bind")].some((bind) => bind.getAttribute("nodeset") === asked);
  return { ...(listing ? { [asked]: "listed" } : {}), [path]: household };
}
