// Walking the engine's tree.
import type { AnyControlNode, AnyNode, GeneralChildNode, RepeatRangeNode, RootNode, UploadNode } from "@getodk/xforms-engine";

export type Node = AnyNode;
export type Question = AnyControlNode;

const CONTROLS = new Set(["input", "note", "range", "rank", "select", "trigger", "upload"]);

/** Whether a person answers or reads this node. */
export function isQuestion(node: Node): node is Question {
  return CONTROLS.has(node.nodeType);
}

export function isRepeat(node: Node): node is RepeatRangeNode {
  return node.nodeType.startsWith("repeat-range");
}

export function isUpload(node: Node): node is UploadNode {
  return node.nodeType === "upload";
}

/** The node's path with positions, `/data/members[2]/m_name`. */
export function pathOf(node: Node): string {
  return node.currentState.reference;
}

/** The node and all below it, in the order of the form. */
export function* all(node: Node): Generator<Node> {
  yield node;
  for (const child of (node.currentState.children ?? []) as readonly Node[]) yield* all(child);
}

/** The node of this path; a step without position stands for the first. */
export function at(root: RootNode, path: string): Node | null {
  const wanted = plain(path);
  let here: Node = root;
  while (plain(pathOf(here)) !== wanted) {
    const children = (here.currentState.children ?? []) as readonly Node[];
    const next = children.find((child) => wanted === plain(pathOf(child)) || wanted.startsWith(`${plain(pathOf(child))}${isRepeat(child) ? "" : "/"}`));
    if (!next) return null;
    if (isRepeat(next)) {
      if (plain(pathOf(next)) === wanted && !/\]$/.test(path)) return next;
      const rows = next.currentState.children as readonly Node[];
      const row = rows.find((one) => wanted === plain(pathOf(one)) || wanted.startsWith(`${plain(pathOf(one))}/`));
      if (!row) return null;
      here = row;
    } else here = next;
  }
  return here;
}

/** Paths compared: a step with position 1 and one without are the same. */
function plain(path: string): string {
  return path.replaceAll("[1]", "");
}

/** The name of the element: `m_name`. */
export function nameOf(node: Node): string {
  return /([^/:[\]]+)(\[\d+\])?$/.exec(pathOf(node))?.[1] ?? "";
}

export function labelOf(node: Node): string {
  return node.currentState.label?.asString.trim() ?? "";
}

/** Whether there is anything in it to show now. */
export function isShown(node: Node): boolean {
  const state = node.currentState as { relevant: boolean; hasRelevantBodyNodes?: boolean };
  if (!state.relevant || node.nodeType === "model-value") return false;
  return isQuestion(node) || isRepeat(node) || state.hasRelevantBodyNodes !== false;
}

/** What is wrong with this question now, as the form says it or else nothing. */
export function violation(node: Question): { condition: string; message: string } | null {
  const found = node.validationState.violation;
  return found ? { condition: found.condition, message: found.message?.asString ?? "" } : null;
}

export type { GeneralChildNode, RepeatRangeNode, RootNode, UploadNode };
