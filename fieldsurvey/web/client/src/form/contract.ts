// What FormView takes and gives. Whoever mounts it (the app with its store, the page that tries a form out) keeps these.

/** A version of a form. */
export interface Definition {
  formId: string;
  version: string;
  title: string;
  /** The XForm. */
  xml: string;
}

/** A file that belongs to the form: a list as CSV, a picture. The name is that of the form's `jr://…/name`. */
export type Media = ReadonlyMap<string, () => Promise<Blob>>;

/** A file of one interview. Its MIME type is kept because names do not tell it (webm is audio or video). */
export interface DraftFile {
  name: string;
  mime: string;
  blob: Blob;
}

/** What an officer says of one question. */
export interface Note {
  /** The question as a path of the instance: `/data/members[2]/m_name`. */
  path: string;
  text: string;
  /** The officer's voice. */
  audio?: Blob | null;
}

/**
 * An interview as the store keeps it. `xml: null` begins a new one.
 *
 * A returned case: `xml` is the sent version as the server gave it, `returned: true`. FormView then makes the correction
 * (a new instanceID, and the old one as deprecatedID) and gives both with the first `change`; the store keeps them, and from
 * then on the draft comes with `returned: false`, its own `instanceId` and `deprecatedId`, and the same `notes`.
 */
export interface Draft {
  instanceId: string | null;
  deprecatedId: string | null;
  xml: string | null;
  /** Where the reader was: given with each `change`, to be handed back unread. */
  page: string | null;
  files: DraftFile[];
  /** Notes on single questions; with notes only these questions, and what depends on them, can be changed. */
  notes: Note[];
  returned: boolean;
  /** Answers to begin a new interview with: path → value, as from the list (`/data/identification/household`). */
  start?: Record<string, string>;
}

/** The interview at this moment. `files` are all that the answers name, those from before the restart too. */
export interface Snapshot {
  instanceId: string;
  deprecatedId: string | null;
  xml: string;
  page: string;
  files: DraftFile[];
  /** What the household is called in lists: the form's instanceName, or "". */
  name: string;
  /** How many questions still need an answer or another one. */
  left: number;
}

/** Properties of the person and phone that a form may ask for (`jr:preload`). */
export interface Preload {
  username?: string;
  phoneNumber?: string;
  deviceID?: string;
  email?: string;
}
