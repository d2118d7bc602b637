// Choosing among the options of a question.
import type { SelectNode } from "@getodk/xforms-engine";
import { useForm } from "../form/context";
import { appearancesOf } from "./answer";

export type Option = SelectNode["currentState"]["valueOptions"][number];

interface Choosing {
  many: boolean;
  choose: (option: Option) => void;
  clear: () => void;
}

/** `quick` goes on to the next page once one is chosen, where the question has its page for itself. */
export function useOptions(props: { node: SelectNode; alone?: boolean }): Choosing {
  const form = useForm();
  const many = props.node.selectType === "select";
  const quick = !many && ["quick", "quickcompact"].some((one) => appearancesOf(props.node).has(one));
  return {
    many,
    choose(option) {
      const { node } = props;
      if (!many) node.selectValue(option.value);
      else if (node.isSelected(option.value)) node.selectValues(node.currentState.value.filter((one) => one !== option.value));
      else node.selectValues(inOrder(node, [...node.currentState.value, option.value]));
      form.touched();
      if (quick && props.alone) form.next();
    },
    clear() {
      props.node.selectValues([]);
      form.touched();
    },
  };
}

/** Values in the order in which the form offers them, as ODK Collect writes them. */
function inOrder(node: SelectNode, values: string[]): string[] {
  const wanted = new Set(values);
  return node.currentState.valueOptions.map((option) => option.value).filter((value) => wanted.has(value));
}

export function labelsOf(node: SelectNode): string {
  const chosen = new Set(node.currentState.value);
  return node.currentState.valueOptions.filter((option) => chosen.has(option.value)).map((option) => option.label.asString).join(", ");
}

/** How many columns `columns-3` asks for; 0 for `columns-pack` and its like, null for rows. */
export function columnsOf(looks: Set<string>): number | null {
  for (const look of looks) {
    const match = /^columns-(\d+)$/.exec(look);
    if (match) return Number(match[1]);
  }
  if (looks.has("columns")) return 2;
  return ["columns-pack", "horizontal", "horizontal-compact", "compact", "quickcompact"].some((look) => looks.has(look)) ? 0 : null;
}
