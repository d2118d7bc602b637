// One database for each person (and one more for their practice village): what they fetched, fill in and must send.
//
// Texts that name a household are encrypted with the person's data key (`…Secret`); what leaves while the phone is locked
// is sealed to the server (`sealed`). Ids, states and sizes stand in the open.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Bytes } from "./bytes";

export interface FormRecord {
  key: string; // formKey()
  number: number; // the server's id of the form
  id: string; // xmlFormId
  version: string;
  hash: string;
  title: string;
  roundId: number;
  practice: boolean;
  householdForm: boolean; // filled in for a household of the list
  xml: string;
  media: { name: string; hash: string }[];
  current: boolean; // false: kept only because a draft uses it
}

export const formKey = (form: { id: number; version: string }): string => `${form.id}|${form.version}`;

export interface Draft {
  instanceId: string;
  deprecatedId: string | null; // the sent form that this one corrects
  formKey: string;
  household: string | null; // the register's uuid; null: not on the list
  page: string | null; // where the person was, as FormView says it
  savedAt: number; // the server's time, ms
  copiedAt: number; // when the sealed copy last reached the server; 0: never
  secret: Bytes; // DraftBody
}

/** The officer's note on a question; `path` is a node reference such as /data/members[2]/m_dob. */
export interface Note {
  path: string;
  text: string;
  audio?: { url: string; type: string; size: number };
}

/** The encrypted part of a draft. */
export interface DraftBody {
  xml: string;
  label: string; // who it is about, for lists
  notes: Note[];
  reason: string; // of the officer, for the whole form; "" when it was not sent back
}

export interface FileRecord {
  instanceId: string;
  name: string;
  mime: string;
  size: number; // of the plain content
  secret: Blob; // under the data key
  sealed: Blob | null; // for the server; null while the form is a draft
  sealedHash: string; // sha256 of `sealed`
}

export type SendState = "waiting" | "text_sent" | "refused";

export interface Trouble {
  kind: "line" | "portal" | "server" | "sign_in" | "conflict" | "too_large" | "refused" | "storage";
  message: Record<string, string>; // the server's own words by language; {} when it said nothing
  status: number; // 0: no answer
}

export interface OutboxItem {
  instanceId: string;
  formId: string;
  version: string;
  roundId: number;
  formKey: string;
  deprecatedId: string | null;
  household: string | null;
  sealed: Bytes; // the XML for the server
  secret: Bytes; // DraftBody, so that the person can look at it and mend it
  state: SendState;
  files: { name: string; mime: string; size: number; sent: number; done: boolean }[]; // sizes of the sealed files
  receipt: Receipt | null; // known from the moment that the text has arrived
  tries: number;
  nextAt: number; // this phone's clock, ms
  trouble: Trouble | null;
  createdAt: number;
}

export interface Receipt {
  instanceId: string;
  household: string | null;
  code: string;
  at: string; // ISO, the server's time
  sha256: string; // of the XML as the server has it
  signature: string; // base64url; see the protocol
  complete: boolean; // files too
  secret: Bytes; // label
}

/** A form that the office has sent back, as the server gave it, encrypted. */
export interface ReturnedRecord {
  instanceId: string;
  household: string | null;
  formKey: string;
  secret: Bytes; // ReturnedBody
}

export interface ReturnedBody {
  instanceId: string;
  roundId: number;
  formId: number;
  xmlFormId: string;
  version: string;
  household: string | null;
  name: string;
  returnedAt: string;
  by: string;
  reason: string;
  xml: string;
  notes: Note[];
  files: { name: string; type: string; size: number; sha256: string; url: string }[];
}

interface Own extends DBSchema {
  forms: { key: string; value: FormRecord };
  media: { key: string; value: { hash: string; secret: Bytes } }; // by hash; of returned forms by address
  lists: { key: string; value: { name: string; version: string; secret: Bytes } };
  drafts: { key: string; value: Draft };
  files: { key: [string, string]; value: FileRecord; indexes: { instance: string } };
  outbox: { key: string; value: OutboxItem };
  receipts: { key: string; value: Receipt };
  returned: { key: string; value: ReturnedRecord };
  state: { key: string; value: unknown };
}

export type OwnDb = IDBPDatabase<Own>;

export const databaseName = (personId: string, practice: boolean): string =>
  `fieldsurvey-${personId}${practice ? "-practice" : ""}`;

export function openOwn(personId: string, practice = false): Promise<OwnDb> {
  return openDB<Own>(databaseName(personId, practice), 1, {
    upgrade(db) {
      db.createObjectStore("forms", { keyPath: "key" });
      db.createObjectStore("media", { keyPath: "hash" });
      db.createObjectStore("lists", { keyPath: "name" });
      db.createObjectStore("drafts", { keyPath: "instanceId" });
      db.createObjectStore("files", { keyPath: ["instanceId", "name"] }).createIndex("instance", "instanceId");
      db.createObjectStore("outbox", { keyPath: "instanceId" });
      db.createObjectStore("receipts", { keyPath: "instanceId" });
      db.createObjectStore("returned", { keyPath: "instanceId" });
      db.createObjectStore("state");
    },
  });
}

export async function state<T>(db: OwnDb, name: string, otherwise: T): Promise<T> {
  return ((await db.get("state", name)) as T | undefined) ?? otherwise;
}
