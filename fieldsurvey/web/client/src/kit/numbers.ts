// Numbers as Vietnamese people write them: 1.234.567,5. In English the other way round.
import { locale } from "../i18n";

interface Marks {
  group: string;
  decimal: string;
}

function marks(): Marks {
  return locale.value === "en" ? { group: ",", decimal: "." } : { group: ".", decimal: "," };
}

/** What a person typed as XForms writes it ("1234.5"); null when it is no number, "" when there is nothing. */
export function parseNumber(typed: string, whole: boolean): string | null {
  const { group, decimal } = marks();
  let text = typed.replace(/[\s\u00a0_]/g, "");
  if (text === "") return "";
  const grouped = new RegExp(`^[-+]?\\d{1,3}(\\${group}\\d{3})+(\\${decimal}\\d*)?$`);
  if (grouped.test(text)) text = text.replaceAll(group, "");
  text = text.replace(decimal, "."); // a keyboard that has only the other sign may write "1.5" too
  if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)) return null;
  if (whole && /\.\d*[1-9]/.test(text)) return null;
  const plain = whole ? text.replace(/\..*$/, "") : text.replace(/\.$/, "");
  return plain.replace(/^\+/, "").replace(/^(-?)0+(?=\d)/, "$1");
}

/** A number of XForms as people read it; thousands are marked from 10.000 on, from 1.000 on when `always`. */
export function writeNumber(value: string, always = false): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value);
  if (!match) return value;
  const [, sign = "", whole = "", rest] = match;
  const { group, decimal } = marks();
  const marked = whole.length > (always ? 3 : 4) ? whole.replace(/\B(?=(\d{3})+$)/g, group) : whole;
  return sign + marked + (rest ? decimal + rest : "");
}
