// The words of the app: Vietnamese is always there, English is fetched when chosen. `t("form.left", { n: 3 })`.
import { readonly, shallowRef } from "vue";
import { part } from "../kit/parts";
import { vi } from "./vi";

export type Words = Record<string, string>;
export type Locale = "vi" | "en";

const REMEMBERED = "fieldsurvey.locale";
const chosen = shallowRef<Locale>("vi");
const words = shallowRef<Words>(vi);

/** The language in which the app speaks. */
export const locale = readonly(chosen);

/** The sentence in the reader's language; a name without a sentence is shown as it is, which tests look for. */
export function t(name: string, params: Record<string, string | number> = {}): string {
  const sentence = words.value[name] ?? vi[name] ?? name;
  return sentence.replace(/\{(\w+)\}/g, (whole, key: string) => String(params[key] ?? whole));
}

/** Speaks another language from now on, also after a restart. */
export async function speak(wanted: Locale): Promise<void> {
  words.value = wanted === "en" ? (await part("en")).en : vi;
  chosen.value = wanted;
  document.documentElement.lang = wanted;
  localStorage.setItem(REMEMBERED, wanted);
}

/** Takes up the language of last time; Vietnamese the first time. */
export async function startLanguage(): Promise<void> {
  const before = localStorage.getItem(REMEMBERED);
  if (before === "en") await speak("en").catch(() => undefined); // offline before English was ever fetched
}
