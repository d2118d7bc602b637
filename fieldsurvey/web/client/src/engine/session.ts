// One interview: opens the engine on a form and a draft, and gives what the store keeps of it.
import { constants, loadForm, type FetchFormAttachment, type InstanceData, type RootNode } from "@getodk/xforms-engine";
import { shallowReactive } from "vue";
import type { Definition, Draft, DraftFile, Media, Preload, Snapshot } from "../form/contract";
import { all, at, isQuestion, isUpload, nameOf, type Node } from "./nodes";
import { readLists, type Lists } from "./prior";
import { XForm } from "./xform";

/** The form cannot be opened; the message is the engine's, for the people who made the form. */
export class FormBroken extends Error {}

export interface Session {
  root: RootNode;
  xform: XForm;
  deprecatedId: string | null;
  /** What was typed and is no answer yet ("31/02"): question's id → what to say. */
  unread: Map<string, string>;
  files: Map<string, DraftFile>;
  /** Lists with last year's answers. */
  lists: Lists;
}

/** Opens the interview. Raises FormBroken. */
export async function openSession(definition: Definition, media: Media, draft: Draft, preload: Preload): Promise<Session> {
  const xform = new XForm(definition.xml);
  const files = new Map(draft.files.map((file) => [file.name, file]));
  const loaded = await loadForm(xform.xml, {
    fetchFormAttachment: attachments(media),
    missingResourceBehavior: constants.MISSING_RESOURCE_BEHAVIOR.BLANK,
  });
  if (loaded.status === "failure") throw new FormBroken(loaded.error.message, { cause: loaded.error });
  const config = { stateFactory: shallowReactive, preloadProperties: preload, geolocationProvider: { getLocation: whereabouts } };
  const lists = await readLists(xform, media);
  const session = { xform, files, lists, unread: shallowReactive(new Map<string, string>()) };
  if (draft.xml === null) {
    const { root } = loaded.createInstance(config);
    begin(root, draft.start ?? {});
    return { ...session, root, deprecatedId: null };
  }
  const data = [instanceData(draft.xml, draft.files)] as const;
  if (draft.returned) {
    const { root } = await loaded.editInstance({ inputType: "FORM_INSTANCE_INPUT_RESOLVED", data }, config);
    return { ...session, root, deprecatedId: metaOf(root, "deprecatedID") || instanceIdIn(draft.xml) };
  }
  const { root } = await loaded.restoreInstance({ data }, config);
  return { ...session, root, deprecatedId: draft.deprecatedId };
}

/** The interview as it stands. */
export function snapshot(session: Session, page: string, left: number): Snapshot {
  const { root, deprecatedId } = session;
  return {
    instanceId: metaOf(root, "instanceID"),
    deprecatedId,
    xml: serialise(root, deprecatedId),
    page,
    files: filesOf(session),
    name: metaOf(root, "instanceName"),
    left,
  };
}

/** The answers as they are sent. The engine forgets a deprecatedID when it restores a draft: it is put back here. */
function serialise(root: RootNode, deprecatedId: string | null): string {
  const xml = root.instanceState.instanceXML;
  if (!deprecatedId || /<(?:\w+:)?deprecatedID[\s>]/.test(xml)) return xml;
  return xml.replace(/(<((?:\w+:)?)instanceID\b[^>]*>)/, `<$2deprecatedID>${deprecatedId}</$2deprecatedID>$1`);
}

/** The files that the answers name now: those chosen in this session and those of the draft. */
function filesOf(session: Session): DraftFile[] {
  const found: DraftFile[] = [];
  for (const node of all(session.root)) {
    if (!isUpload(node) || !node.currentState.relevant) continue;
    const { instanceValue: name, value } = node.currentState;
    if (!name) continue;
    const known = session.files.get(name);
    if (known) found.push(known);
    else if (value) {
      const file = { name, mime: value.type, blob: value };
      session.files.set(name, file);
      found.push(file);
    }
  }
  return found;
}

/** A value of the form's meta block; "" where there is none. */
export function metaOf(root: RootNode, name: string): string {
  const meta = root.currentState.children.find((child) => nameOf(child) === "meta");
  const node = (meta?.currentState.children ?? []).find((child: unknown) => nameOf(child as Node) === name) as Node | undefined;
  return node ? (node.currentState as { instanceValue: string }).instanceValue : "";
}

function instanceIdIn(xml: string): string | null {
  return /<(?:\w+:)?instanceID[^>]*>([^<]+)</.exec(xml)?.[1]?.trim() ?? null;
}

function attachments(media: Media): FetchFormAttachment {
  return async (url) => {
    const name = decodeURIComponent(url.href.split("/").pop() ?? "");
    const blob = await media.get(name)?.();
    if (!blob) return new Response("", { status: 404 });
    return new Response(blob, { headers: { "Content-Type": blob.type || typeOf(name) } });
  };
}

function typeOf(name: string): string {
  if (name.endsWith(".csv")) return "text/csv";
  return name.endsWith("json") ? "application/json" : name.endsWith(".xml") ? "text/xml" : "application/octet-stream";
}

function instanceData(xml: string, files: DraftFile[]): InstanceData {
  const data = new FormData();
  data.set(constants.INSTANCE_FILE_NAME, new File([xml], constants.INSTANCE_FILE_NAME, { type: constants.INSTANCE_FILE_TYPE }));
  for (const file of files) data.set(file.name, new File([file.blob], file.name, { type: file.mime }));
  return data as InstanceData;
}

/** Gives the answers that an interview begins with; those that the form does not know are passed over. */
function begin(root: RootNode, answers: Record<string, string>): void {
  for (const [path, value] of Object.entries(answers)) {
    const node = at(root, path);
    if (node && isQuestion(node)) give(node, value);
  }
}

/** Answers a question with a value as XForms writes it. */
export function give(node: Node, value: string): void {
  if (node.nodeType === "select") node.selectValues(value === "" ? [] : value.split(" "));
  else if (node.nodeType === "rank") node.setValues(value === "" ? [] : value.split(" "));
  else if (node.nodeType === "trigger") node.setValue(value !== "");
  else if (node.nodeType === "input") node.setValue(value as never);
  else if (node.nodeType === "range") node.setValue(value as never);
}

/** Where the phone is, for questions that ask in the background; "" when it does not know within 20 seconds. */
function whereabouts(): Promise<string> {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve("");
    const known = ({ coords }: GeolocationPosition): void =>
      resolve(`${coords.latitude} ${coords.longitude} ${coords.altitude ?? 0} ${coords.accuracy}`);
    navigator.geolocation.getCurrentPosition(known, () => resolve(""), { enableHighAccuracy: true, timeout: 20_000 });
  });
}
