// The list of the village as the person sees it: the office's list with everything that this phone knows laid over it.
// Pure, but for reading the database at the top.

import type { Draft, DraftBody, OutboxItem, Receipt, ReturnedBody, ReturnedRecord } from "../store/db";
import type { Vault } from "../store/vault";
import { type Listed, listed } from "../sync/fetch";

/** returned · refused (the server did not take it) · draft · todo · waiting (finished, to be sent) · done */
export type WorkState = "returned" | "refused" | "draft" | "todo" | "waiting" | "done";

export interface Row {
  key: string; // the household's uuid, or the instanceID of one that is not on the list
  household: string | null;
  name: string;
  code: string;
  address: string;
  members: number;
  priorClass: string | null;
  state: WorkState;
  instanceId: string | null; // of the draft, the unsent form or the returned one
  correction: boolean; // a draft or unsent form that answers the office
  photosLeft: number; // of a form whose text has arrived
  notes: number; // questions with a note of the office
  taken: boolean; // a draft here, while the office has received another form of this household
  conflict: boolean;
  due: string | null;
  lat: number | null;
  lon: number | null;
  order: number;
  folded: string;
}

export interface Facts {
  list: Listed[];
  drafts: (Draft & { label: string })[];
  outbox: (OutboxItem & { label: string })[];
  returned: (ReturnedRecord & { body: ReturnedBody })[];
  receipts: (Receipt & { label: string })[];
}

export async function facts(vault: Vault, roundId: number): Promise<Facts> {
  const { db } = vault;
  const [list, drafts, outbox, returned, receipts] = await Promise.all([
    listed(vault, roundId), db.getAll("drafts"), db.getAll("outbox"), db.getAll("returned"), db.getAll("receipts"),
  ]);
  const label = async (secret: Draft["secret"]): Promise<string> => (await vault.show<DraftBody>(secret)).label;
  const open = <T extends { secret: Draft["secret"] }>(items: T[]): Promise<(T & { label: string })[]> =>
    Promise.all(items.map(async (item) => ({ ...item, label: await label(item.secret) })));
  const bodies = returned.map(async (record) => ({ ...record, body: await vault.show<ReturnedBody>(record.secret) }));
  return {
    list,
    drafts: await open(drafts),
    outbox: await open(outbox),
    returned: (await Promise.all(bodies)).filter((one) => one.body.roundId === roundId),
    receipts: await open(receipts),
  };
}

/** Text without accents and in lower case: "nguyen" finds "Nguyễn", "dao" finds "Đào". */
export const fold = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D").toLowerCase();

const DONE_STATES = new Set<Listed["state"]>(["received", "edited", "approved", "rejected"]);

/** One row for each household of the list and for each form of a household that is not on it. */
export function rows({ list, drafts, outbox, returned, receipts }: Facts): Row[] {
  const by = <T extends { household: string | null }>(items: T[]): Map<string, T> =>
    new Map(items.flatMap((item) => (item.household ? [[item.household, item] as const] : [])));
  const at = { drafts: by(drafts), outbox: by(outbox), returned: by(returned), receipts: by(receipts) };
  const known = new Set(list.map((row) => row.uuid));
  const made = list.map((row) =>
    rowOf(row, at.drafts.get(row.uuid), at.outbox.get(row.uuid), at.returned.get(row.uuid), at.receipts.get(row.uuid)));
  const stray = (item: { household: string | null }): boolean => !item.household || !known.has(item.household);
  return [
    ...made,
    ...outbox.filter(stray).map((item) => rowOf(unlisted(item), undefined, item, undefined, undefined)),
    ...drafts.filter(stray).map((item) => rowOf(unlisted(item), item, undefined, undefined, undefined)),
    ...returned
      .filter((item) => stray(item) && !answered(item.instanceId, drafts, outbox))
      .map((item) => rowOf(unlisted({ ...item, label: item.body.name }), undefined, undefined, item, undefined)),
    ...receipts
      .filter((item) => stray(item) && !outbox.some((one) => one.instanceId === item.instanceId))
      .filter((item) => !returned.some((one) => one.instanceId === item.instanceId))
      .map((item) => rowOf(unlisted(item), undefined, undefined, undefined, item)),
  ];
}

const answered = (id: string, ...lists: { deprecatedId: string | null }[][]): boolean =>
  lists.some((items) => items.some((item) => item.deprecatedId === id));

type Unlisted = Omit<Listed, "uuid"> & { uuid: string | null; key: string };

const unlisted = (item: { instanceId: string; household: string | null; label: string }): Unlisted => ({
  uuid: item.household, key: item.household ?? item.instanceId, name: item.label, code: "", village: "", address: "", members: 0,
  state: "not_visited", prior_class: null, due: null, lat: null, lon: null, order: Number.MAX_SAFE_INTEGER,
});

function rowOf(
  row: Listed | Unlisted,
  draft: Facts["drafts"][number] | undefined,
  item: Facts["outbox"][number] | undefined,
  back: Facts["returned"][number] | undefined,
  receipt: Facts["receipts"][number] | undefined,
): Row {
  const name = item?.label || draft?.label || row.name; // what was entered here shows at once
  return {
    key: "key" in row ? row.key : row.uuid,
    household: row.uuid,
    name,
    code: row.code,
    address: row.address,
    members: row.members,
    priorClass: row.prior_class,
    state: stateOf(row.state, draft, item, back, receipt),
    instanceId: item?.instanceId ?? draft?.instanceId ?? back?.instanceId ?? receipt?.instanceId ?? null,
    correction: Boolean((item ?? draft)?.deprecatedId),
    photosLeft: item?.state === "text_sent" ? item.files.filter((file) => !file.done).length : 0,
    notes: back?.body.notes.length ?? 0,
    taken: Boolean(draft && !draft.deprecatedId && DONE_STATES.has(row.state)),
    conflict: row.conflict ?? false,
    due: row.due,
    lat: row.lat,
    lon: row.lon,
    order: row.order,
    folded: fold(`${name} ${row.name} ${row.code} ${row.address}`),
  };
}

function stateOf(
  office: Listed["state"],
  draft: Draft | undefined,
  item: OutboxItem | undefined,
  back: ReturnedRecord | undefined,
  receipt: Receipt | undefined,
): WorkState {
  if (item?.state === "refused") return "refused";
  if (item) return "waiting";
  if (draft) return "draft";
  if (back) return "returned";
  if (DONE_STATES.has(office)) return "done";
  if (receipt) return "done"; // the list is older than what was sent
  return office === "has_issues" ? "returned" : "todo";
}

export interface Position {
  lat: number;
  lon: number;
}

/** Metres as the crow flies; good enough within a village. */
export function metres(a: Position, b: Position): number {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return Math.hypot(x, y) * 6_371_000;
}

export const distance = (row: Row, here: Position | null): number | null =>
  here && row.lat !== null && row.lon !== null ? metres(here, { lat: row.lat, lon: row.lon }) : null;

const RANK: Record<WorkState, number> = { refused: 0, returned: 1, draft: 2, todo: 3, waiting: 4, done: 5 };

/** Returned first, then what is near, then what is due, then the office's order. */
export function inOrder(all: Row[], here: Position | null): Row[] {
  const far = (row: Row): number => distance(row, here) ?? Number.MAX_VALUE;
  return [...all].sort(
    (a, b) =>
      RANK[a.state] - RANK[b.state] ||
      far(a) - far(b) ||
      (a.due ?? "9").localeCompare(b.due ?? "9") ||
      a.order - b.order ||
      a.name.localeCompare(b.name, "vi"),
  );
}

/** The household that the big button opens: null when nothing is left to visit. */
export const nextRow = (ordered: Row[]): Row | null =>
  ordered.find((row) => row.state === "returned") ?? ordered.find((row) => row.state === "todo") ?? null;

export interface Counts {
  all: number;
  done: number;
  todo: number;
  returned: number;
  draft: number;
  waiting: number; // finished here, not complete at the office
}

export function counts(all: Row[]): Counts {
  const of = (...states: WorkState[]): number => all.filter((row) => states.includes(row.state)).length;
  return {
    all: all.length, done: of("done"), todo: of("todo"), returned: of("returned"), draft: of("draft"),
    waiting: of("waiting", "refused"),
  };
}

export const matches = (row: Row, words: string[]): boolean => words.every((word) => row.folded.includes(word));
