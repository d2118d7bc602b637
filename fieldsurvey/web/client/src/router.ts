// Where the reader is: the part of the address behind #, which works without a server. `#/try/1/form` → `/try/1/form`.
import { readonly, ref } from "vue";

const current = ref(read());

/** The path of the page that is open. */
export const place = readonly(current);

/** Opens a page; `replace` leaves no way back to the one before. */
export function go(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState(history.state, "", `#${path}`);
  else history.pushState(null, "", `#${path}`);
  current.value = read();
}

function read(): string {
  return decodeURI(location.hash.replace(/^#/, "")) || "/";
}

addEventListener("popstate", () => (current.value = read()));
addEventListener("hashchange", () => (current.value = read()));
