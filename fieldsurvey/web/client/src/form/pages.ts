// The form as pages. A field-list (group or repeat) is one page; outside of one each question is a page of its own, as in
// ODK Collect; with the style `pages` each top-level group is one. After the last entry of a repeat comes its list, for adding;
// a repeat whose number of entries is an answer has none.
import { all, isQuestion, isRepeat, isShown, labelOf, pathOf, type Node, type Question, type RepeatRangeNode, type RootNode } from "../engine/nodes";

import { rowName } from "./rows";

export interface Page {
  /** Path of its node; of a repeat's list with `#list`. Kept in drafts. */
  key: string;
  node: Node;
  /** The groups and repeat entries around it, outermost first. */
  around: Node[];
  /** The list of a repeat, not a page of questions. */
  list: RepeatRangeNode | null;
}

/** The pages that there are now, in order. */
export function pagesOf(root: RootNode): Page[] {
  const pages: Page[] = [];
  const byGroup = root.classes["pages" as never] as unknown as boolean;
  for (const child of root.currentState.children) collect(child, [], byGroup, pages);
  return pages;
}

function collect(node: Node, around: Node[], byGroup: boolean, pages: Page[]): void {
  if (!isShown(node)) return;
  if (isQuestion(node)) {
    pages.push({ key: pathOf(node), node, around, list: null });
  } else if (isRepeat(node)) {
    for (const row of node.currentState.children) collect(row, around, byGroup, pages);
    if (mayGrow(node)) pages.push({ key: `${pathOf(node)}#list`, node, around, list: node });
  } else if (isFieldList(node) || (byGroup && !holdsRepeat(node))) {
    if (hasQuestions(node)) pages.push({ key: pathOf(node), node, around, list: null });
  } else {
    for (const child of node.currentState.children ?? []) collect(child as Node, [...around, node], byGroup, pages);
  }
}

function isFieldList(node: Node): boolean {
  const appearances = node.appearances as Record<string, boolean> | null;
  return Boolean(appearances?.["field-list"] || appearances?.["table-list"]);
}

function holdsRepeat(node: Node): boolean {
  return (node.currentState.children ?? []).some((child: unknown) => isRepeat(child as Node));
}

function hasQuestions(node: Node): boolean {
  return ((node.currentState.children ?? []) as readonly Node[]).some((child) => isShown(child));
}

/** Whether people may add and remove entries. */
export function mayGrow(range: RepeatRangeNode): boolean {
  return range.nodeType === "repeat-range:uncontrolled";
}

/** The questions of a page that are shown now. */
export function questionsOf(page: Page): Question[] {
  if (page.list) return [];
  return [...shown(page.node)];
}

function* shown(node: Node): Generator<Question> {
  if (!isShown(node)) return;
  if (isQuestion(node)) yield node;
  else for (const child of (node.currentState.children ?? []) as readonly Node[]) yield* shown(child);
}

/** Which page shows this node; -1 for none. */
export function pageOf(pages: Page[], path: string): number {
  const within = pages.findIndex(({ key, list }) => !list && (path === key || path.startsWith(`${key}/`)));
  if (within >= 0) return within;
  const below = pages.findIndex(({ key }) => key === path || key.startsWith(`${path}/`) || key.startsWith(`${path}[`));
  return below >= 0 ? below : pages.findIndex(({ key }) => key === `${path.replace(/\[\d+\]$/, "")}#list`);
}

/** What a page is called: its own label, else that of the group around it, else its first question's. */
export function titleOf(page: Page): string {
  const { node } = page;
  if (node.nodeType === "repeat-instance") return rowName(node, node.parent.currentState.children.indexOf(node));
  const own = labelOf(node).replace(/[\s:–-]+$/, "");
  if (own) return own;
  const first = page.list ? undefined : questionsOf(page)[0];
  const group = page.around.findLast((node) => labelOf(node));
  return (group ? labelOf(group) : "") || (first ? labelOf(first) : "");
}

/** Everything that has to be answered or answered otherwise, in the order of the form. */
export function leftOf(root: RootNode, unread: ReadonlyMap<string, string>): string[] {
  const wrong = new Set(root.validationState.violations.map((one) => one.reference));
  const odd = unread.size ? [...all(root)].filter((node) => unread.has(node.nodeId) && isShown(node)).map(pathOf) : [];
  return odd.length ? [...all(root)].map(pathOf).filter((path) => wrong.has(path) || odd.includes(path)) : [...wrong];
}
