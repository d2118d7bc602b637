// Entries of a repeat: what they are called, adding and removing.
import { all, isQuestion, labelOf, type Node, type RepeatRangeNode } from "../engine/nodes";
import type { RepeatInstanceNode } from "@getodk/xforms-engine";
import { t } from "../i18n";

/** The label of the entry, else its first text, else its number. */
export function rowName(row: RepeatInstanceNode, index: number): string {
  const own = labelOf(row).replace(/[\s:–-]+$/, "");
  const text = firstText(row);
  if (text) return own.includes(text) || !own ? own || text : `${own}: ${text}`;
  return own ? `${own} ${index + 1}` : t("form.row", { n: index + 1 });
}

/** What the entries of a repeat are called: "Người trong hộ" of "Người trong hộ: ". */
export function rangeName(range: RepeatRangeNode): string {
  return labelOf(range).replace(/[\s:–-]+$/, "");
}

function firstText(row: Node): string {
  for (const node of all(row)) {
    if (isQuestion(node) && node.nodeType === "input" && node.valueType === "string") return node.currentState.instanceValue;
  }
  return "";
}

/** Names of the entries that would go if a repeat had only so many, and that hold something that a person entered. */
export function lostRows(range: RepeatRangeNode, count: number): string[] {
  return range.currentState.children.flatMap((row, index) => (index >= count && hasAnswers(row) ? [rowName(row, index)] : []));
}

function hasAnswers(row: Node): boolean {
  return [...all(row)].some((node) => isQuestion(node) && !node.currentState.readonly && node.currentState.instanceValue !== "");
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
