// Answers as people read them.
import type { Question } from "../engine/nodes";
import { partsOfDay } from "./dates";
import { writeNumber } from "./numbers";

/** A value of XForms in words: the labels of choices, 31/12/2026, 1.234,5. */
export function inWords(node: Question, value: string): string {
  if (node.nodeType === "select") {
    const words = new Map(node.currentState.valueOptions.map((option) => [option.value, option.label.asString]));
    return value.split(/\s+/).map((one) => words.get(one) ?? one).join(", ");
  }
  if (node.nodeType !== "input") return value;
  if (node.valueType === "date") return partsOfDay(value).reverse().join("/");
  return ["int", "decimal"].includes(node.valueType) ? writeNumber(value) : value;
}
