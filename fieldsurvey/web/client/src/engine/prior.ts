// Last year's answers, out of the lists with which the form fills its questions.
import type { Media } from "../form/contract";
import { at, isQuestion, nameOf, pathOf, type Node, type Question } from "./nodes";
import type { Session } from "./session";
import type { XForm } from "./xform";

type Row = Map<string, string>;
/** File → `name` of a row → the row. */
export type Lists = Map<string, Map<string, Row>>;

const MARK = "_same"; // ends the name of the question whether a block is as it was last year

/** Reads the lists that hold earlier answers; a list that is not there is left out. */
export async function readLists(xform: XForm, media: Media): Promise<Lists> {
  const lists: Lists = new Map();
  for (const file of xform.lookupFiles()) {
    const blob = await media.get(file)?.();
    if (blob) lists.set(file, byName(parseCsv(await blob.text())));
  }
  return lists;
}

function byName([head = [], ...rows]: string[][]): Map<string, Row> {
  const name = head.indexOf("name");
  return new Map(rows.map((cells) => [cells[name] ?? "", new Map(head.map((column, index) => [column, cells[index] ?? ""]))]));
}

/** Cells of a CSV as RFC 4180 writes it. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.replace(/^\uFEFF/, "").matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}

/** Last year's answer to this question as XForms writes it; "" where none is known. */
export function priorOf(session: Session, node: Node): string {
  const lookup = session.xform.lookup(pathOf(node));
  if (!lookup) return "";
  const key = at(session.root, besides(lookup.key, pathOf(node)));
  const name = key && "instanceValue" in key.currentState ? key.currentState.instanceValue : "";
  return (name && session.lists.get(lookup.file)?.get(name)?.get(lookup.column)) || "";
}

/** A path in the same entries of repeats as another: `/data/members/m_known` for `/data/members[2]/m_name`. */
function besides(path: string, here: string): string {
  const steps = here.split("/");
  let same = true;
  return path.split("/").map((step, index) => {
    const mine = steps[index] ?? "";
    same &&= mine.replace(/\[\d+\]$/, "") === step;
    return same ? mine : step;
  }).join("/");
}

/** Whether this question's answer is another than last year's. */
export function differs(session: Session, node: Question): boolean {
  const before = priorOf(session, node);
  const now = node.currentState.instanceValue;
  return sorted(before) !== sorted(now) && Number(before || NaN) !== Number(now || NaN);
}

const sorted = (value: string): string => value.trim().split(/\s+/).sort().join(" ");

/** The question of a block whether it is as it was last year, where it is asked now. */
export function sameQuestion(group: Node): Question | undefined {
  const children = (group.currentState.children ?? []) as readonly Node[];
  return children.find((child): child is Question => isQuestion(child) && nameOf(child).endsWith(MARK) && child.nodeType === "select" && child.currentState.relevant);
}

/** The questions of a block that last year's answers are known of. */
export function knownIn(session: Session, group: Node): Question[] {
  const children = (group.currentState.children ?? []) as readonly Node[];
  return children.filter((child): child is Question => isQuestion(child) && session.xform.lookup(pathOf(child)) !== undefined);
}
