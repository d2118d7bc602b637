// Every page of the app and its address. A page is fetched when it is first opened; its parameters arrive as properties.
import type { Component } from "vue";

interface Page {
  load: () => Promise<Component>;
  params: Record<string, string>;
}

const PAGES: [string, () => Promise<{ default: Component }>][] = [
  ["/", () => import("./home/HomePage.vue")],
  ["/sign-in", () => import("./home/HomePage.vue")],
  ["/new/:form/:household", () => import("./home/FormPage.vue")],
  ["/form/:draft", () => import("./home/FormPage.vue")],
  ["/correct/:returned", () => import("./home/FormPage.vue")],
  ["/send", () => import("./home/SendPage.vue")],
  ["/receipts", () => import("./home/ReceiptsPage.vue")],
  ["/carry", () => import("./home/CarryPage.vue")],
  ["/more", () => import("./home/MorePage.vue")],
  ["/try/:round/:form", () => import("./try/TryPage.vue")],
  ["/try/:round/:form/:version", () => import("./try/TryPage.vue")],
];

/** The page of a path; the first page for a path that nobody knows. */
export function pageAt(path: string): Page {
  const plain = path.split("?")[0] ?? "/";
  for (const [pattern, load] of PAGES) {
    const params = matched(pattern, plain);
    if (params) return { load: async () => (await load()).default, params };
  }
  return pageAt("/");
}

function matched(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = value;
    else if (part !== value) return null;
  }
  return params;
}
