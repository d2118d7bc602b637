// Text of a form with its Markdown, as elements. Foreign HTML is shown as text, never run.
import type { MarkdownNode, TextRange } from "@getodk/xforms-engine";
import { h, type FunctionalComponent, type VNodeChild } from "vue";

const ELEMENTS = new Set(["h1", "h2", "h3", "h4", "h5", "h6", "a", "br", "div", "em", "li", "ol", "p", "span", "strong", "u", "ul"]);
const HEADING = /^h[1-6]$/;

function drawn(node: MarkdownNode): VNodeChild {
  if (node.role === "child") return node.value;
  if (node.role === "html") return node.unsafeHtml.replace(/<[^>]*>/g, "");
  if (node.role === "line-break") return h("br");
  const children = node.children.map(drawn);
  const name = ELEMENTS.has(node.elementName) ? node.elementName : "span";
  if (name === "a") return h("a", { href: safe((node as { url?: string }).url), target: "_blank", rel: "noreferrer" }, children);
  const style = (node as { properties?: { style?: Record<string, string> } }).properties?.style;
  // A heading inside a question is strong text: the page has its own order of headings.
  return h(HEADING.test(name) ? "strong" : name === "p" ? "span" : name, { style, class: `md-${name}` }, children);
}

function safe(url = ""): string {
  return /^(https?:|tel:|mailto:)/i.test(url) ? url : "#";
}

const FormattedText: FunctionalComponent<{ text: TextRange<never> | null | undefined }> = ({ text }) => {
  return (text as TextRange<"label"> | null)?.formatted.map(drawn);
};
FormattedText.props = ["text"];

export default FormattedText;
