// What the engine does not hand over, read from the XForm itself: guidance hints, attributes of controls, and which
// question depends on which. Paths here have no positions: `/data/members/m_name`.

const XFORMS = "http://www.w3.org/2002/xforms";
const CONTROLS = ["input", "select", "select1", "upload", "range", "trigger", "rank", "group", "repeat"];
const EXPRESSIONS = ["relevant", "calculate", "constraint", "required", "readonly"];
// The form fills a question with what a list says: `instance('households')/root/item[name = /data/household]/wall`.
const LOOKED_UP = /instance\('([^']+)'\)\/root\/item\[\s*name\s*=\s*([^\]]+?)\s*\]\/([\w.-]+)/;
const TEXT = /"[^"]*"|'[^']*'/g;
const PATH = /(?:\.\.\/)+[\w.:-]+(?:\/[\w.:-]+)*|\/[\w.:-]+(?:\/[\w.:-]+)+/g;

/** Where a question's earlier answer stands: the column of the row of a list whose `name` is the answer at `key`. */
export interface Lookup {
  file: string;
  key: string;
  column: string;
}

/** `/data/members[2]/m_name[1]` → `/data/members/m_name`. */
export function withoutPositions(path: string): string {
  return path.replace(/\[\d+\]/g, "");
}

export class XForm {
  /** The XForm for the engine: without guidance, which the engine would add to the hint. */
  readonly xml: string;
  private readonly controls = new Map<string, Element>();
  private readonly guidance = new Map<string, Map<string, string>>();
  private readonly uses = new Map<string, Set<string>>();
  private readonly counted = new Map<string, string>();
  private readonly lookups = new Map<string, Lookup>();

  constructor(xml: string) {
    const document = new DOMParser().parseFromString(xml, "application/xml");
    this.readControls(document);
    this.readDependencies(document);
    this.readLookups(document);
    this.xml = this.takeGuidance(document) ? new XMLSerializer().serializeToString(document) : xml;
  }

  /** The guidance of a question in a language of the form; "" where there is none. */
  guidanceOf(path: string, language: string): string {
    const id = this.hintOf(path);
    const texts = id ? this.guidance.get(id) : undefined;
    return texts?.get(language) ?? texts?.values().next().value ?? "";
  }

  /** An attribute of the control in the form's body, whatever its namespace; null where there is none. */
  attribute(path: string, name: string): string | null {
    const control = this.controls.get(withoutPositions(path));
    return control ? this.attributeOf(control, name) : null;
  }

  /** The repeat whose number of entries is the answer to this question. */
  countedBy(path: string): string | undefined {
    return this.counted.get(withoutPositions(path));
  }

  /** Where the earlier answer to this question stands; undefined where the form begins it empty. */
  lookup(path: string): Lookup | undefined {
    return this.lookups.get(withoutPositions(path));
  }

  /** The lists in which earlier answers stand. */
  lookupFiles(): string[] {
    return [...new Set([...this.lookups.values()].map(({ file }) => file))];
  }

  /** All that follows from an answer, directly or through calculations. */
  dependents(path: string): Set<string> {
    const found = new Set<string>();
    const waiting = [withoutPositions(path)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const user of this.uses.get(next) ?? []) {
        if (!found.has(user)) {
          found.add(user);
          waiting.push(user);
        }
      }
    }
    return found;
  }

  private attributeOf(control: Element, name: string): string | null {
    return Array.from(control.attributes).find((one) => one.localName === name)?.value ?? null;
  }

  private hintOf(path: string): string {
    const control = this.controls.get(withoutPositions(path));
    const hint = Array.from(control?.children ?? []).find((child) => child.localName === "hint");
    return /jr:itext\(\s*['"](.+?)['"]\s*\)/.exec(hint?.getAttribute("ref") ?? "")?.[1] ?? "";
  }

  private readControls(document: Document): void {
    for (const name of CONTROLS) {
      for (const control of document.getElementsByTagNameNS(XFORMS, name)) {
        const path = control.getAttribute("ref") ?? control.getAttribute("nodeset");
        if (path && !this.controls.has(path)) this.controls.set(path, control);
        const count = name === "repeat" ? this.attributeOf(control, "count")?.trim() : undefined;
        if (path && count) this.counted.set(count, path);
      }
    }
  }

  private readDependencies(document: Document): void {
    for (const bind of document.getElementsByTagNameNS(XFORMS, "bind")) {
      const nodeset = bind.getAttribute("nodeset") ?? "";
      for (const name of EXPRESSIONS) this.note(nodeset, bind.getAttribute(name));
    }
    for (const [path, control] of this.controls) {
      for (const itemset of control.getElementsByTagNameNS(XFORMS, "itemset")) this.note(path, itemset.getAttribute("nodeset"));
      for (const child of control.getElementsByTagNameNS(XFORMS, "setvalue")) this.note(child.getAttribute("ref") ?? "", path);
    }
  }

  private readLookups(document: Document): void {
    const files = new Map(Array.from(document.getElementsByTagNameNS(XFORMS, "instance"), (instance) => {
      return [instance.getAttribute("id") ?? "", instance.getAttribute("src")?.split("/").pop() ?? ""] as const;
    }));
    const sources = [
      ...Array.from(document.getElementsByTagNameNS(XFORMS, "bind"), (bind) => [bind.getAttribute("nodeset"), bind.getAttribute("calculate")]),
      ...Array.from(document.getElementsByTagNameNS(XFORMS, "setvalue"), (value) => [value.getAttribute("ref"), value.getAttribute("value")]),
    ];
    for (const [path, expression] of sources) {
      const [, id, key, column] = LOOKED_UP.exec(expression ?? "") ?? [];
      const file = files.get(id ?? "");
      if (path && file && key && column && this.controls.has(path)) this.lookups.set(path, { file, key: absolute(key, path), column });
    }
  }

  private note(user: string, expression: string | null): void {
    for (const [path] of (expression ?? "").replace(TEXT, "").matchAll(PATH)) {
      const used = absolute(path, user);
      if (!this.uses.has(used)) this.uses.set(used, new Set());
      this.uses.get(used)?.add(user);
    }
  }

  private takeGuidance(document: Document): boolean {
    const values = Array.from(document.getElementsByTagNameNS(XFORMS, "value")).filter((value) => {
      return ["guidance", "short"].includes(value.getAttribute("form") ?? "");
    });
    for (const value of values) {
      const text = value.parentElement;
      const language = text?.parentElement?.getAttribute("lang") ?? "";
      const id = text?.getAttribute("id") ?? "";
      if (value.getAttribute("form") === "guidance") {
        if (!this.guidance.has(id)) this.guidance.set(id, new Map());
        this.guidance.get(id)?.set(language, value.textContent?.trim() ?? "");
      }
      value.remove();
    }
    return values.length > 0;
  }
}

/** A path of an expression seen from the node that has it: `../a` at `/data/g/b` → `/data/g/a`. */
function absolute(path: string, from: string): string {
  if (path.startsWith("/")) return path;
  const steps = from.split("/");
  for (const step of path.split("/")) {
    if (step === "..") steps.pop();
    else steps.push(step);
  }
  return steps.join("/");
}
