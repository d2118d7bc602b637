// Entries of a repeat: what they are called, adding and removing.
import { all, isQuestion, labelOf, type Node, type RepeatRangeNode } from "../engine/nodes";
import type { RepeatInstanceNode } from "@getodk/xforms-engine";
import { t } from "../i18n";

/** The label of the entry, else its first text, else its number. */
export function rowName(row: RepeatInstanceNode, index: number): string {
  const own = labelOf(row);
  const text = firstText(row);
  if (own && text && !own.includes(text) && own === labelOf(row.parent)) return `${own}: ${text}`;
  return own || text || t("form.row", { n: index + 1 });
}

function firstText(row: Node): string {
  for (const node of all(row)) {
    if (isQuestion(node) && node.nodeType === "input" && node.valueType === "string") return node.currentState.instanceValue;
  }
  return "";
}

/** How many questions of the entry need an answer. */
export function rowLeft(row: RepeatInstanceNode): number {
  return row.validationState.violations.length;
}

/** Adds an entry at the end and gives it. */
export function addRow(range: RepeatRangeNode): RepeatInstanceNode | undefined {
  if (range.nodeType === "repeat-range:uncontrolled") range.addInstances();
  return range.currentState.children.at(-1);
}

export function removeRow(range: RepeatRangeNode, index: number): void {
  if (range.nodeType === "repeat-range:uncontrolled") range.removeInstances(index);
}
