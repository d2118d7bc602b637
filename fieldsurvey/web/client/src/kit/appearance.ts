// How the app looks for this reader on this phone: large letters or not. Remembered on the phone, asked of nobody.
import { readonly, ref } from "vue";

const REMEMBERED = "fieldsurvey.letters";
const SIZES = ["", "large", "huge"] as const;
const size = ref<string>("");

/** "", "large" or "huge". */
export const letters = readonly(size);

/** The next size: normal → large → huge → normal. */
export function changeLetters(): void {
  const next = (SIZES.indexOf(size.value as (typeof SIZES)[number]) + 1) % SIZES.length;
  setLetters(SIZES[next] ?? "");
}

function setLetters(wanted: string): void {
  size.value = wanted;
  document.documentElement.dataset.letters = wanted;
  localStorage.setItem(REMEMBERED, wanted);
}

/** Takes up what was chosen last time. */
export function startAppearance(): void {
  setLetters(localStorage.getItem(REMEMBERED) ?? "");
}
