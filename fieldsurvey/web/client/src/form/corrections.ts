// A returned case: which questions may be changed, and where to begin.
import { withoutPositions, type XForm } from "../engine/xform";
import { all, isQuestion, pathOf, violation, type Node, type RootNode } from "../engine/nodes";
import type { Note } from "./contract";

const first = (path: string): string => path.replaceAll("[1]", "");

/** Whether the note is about this node or a group around it. */
export function isNoted(note: Note, path: string): boolean {
  const [noted, here] = [first(note.path), first(path)];
  return here === noted || here.startsWith(`${noted}/`) || here.startsWith(`${noted}[`);
}

/**
 * Says of each question whether it may be changed: the noted ones, what depends on them (in the same entry of a repeat),
 * and what is wrong now, which nobody could mend otherwise. Without notes everything may be changed.
 */
export function changeable(xform: XForm, notes: readonly Note[]): (node: Node) => boolean {
  if (notes.length === 0) return () => true;
  const after = notes.map((note) => ({ note, paths: xform.dependents(note.path) }));
  const follows = (path: string): boolean => after.some(({ note, paths }) => within(paths, path) && sameEntry(note.path, path));
  return (node) => {
    const path = pathOf(node);
    if (notes.some((note) => isNoted(note, path))) return true;
    if (isQuestion(node) && violation(node)) return true;
    return follows(path);
  };
}

/** The path itself follows, or a group around it does, which may have been hidden before. */
function within(paths: Set<string>, path: string): boolean {
  const plain = withoutPositions(path);
  return paths.has(plain) || [...paths].some((one) => plain.startsWith(`${one}/`));
}

/** What lies in an entry of the same repeat lies in the same entry. */
function sameEntry(noted: string, path: string): boolean {
  const [ours, theirs] = [noted.split("/"), path.split("/")];
  for (const [index, step] of ours.entries()) {
    const other = theirs[index];
    if (other === undefined || withoutPositions(step) !== withoutPositions(other)) return true;
    if (first(step) !== first(other)) return false;
  }
  return true;
}

/** The first question that an officer has noted, in the order of the form; "" when none of them is there any more. */
export function firstNoted(root: RootNode, notes: readonly Note[]): string {
  for (const node of all(root)) {
    if (isQuestion(node) && notes.some((note) => isNoted(note, pathOf(node)))) return pathOf(node);
  }
  return "";
}
