// Parts of the app that are fetched when first needed. main.ts knows their files; who needs one asks for it by name.
interface Parts {
  en: () => Promise<typeof import("../i18n/en")>;
  rare: () => Promise<typeof import("../widgets/rare")>;
}

let offered: Partial<Parts> = {};

export function offer(parts: Parts): void {
  offered = parts;
}

/** The part, fetched. Raises when it is not on the phone and there is no line. */
export function part<Name extends keyof Parts>(name: Name): ReturnType<Parts[Name]> {
  const fetch = offered[name];
  if (!fetch) throw new Error(`no part ${name}`);
  return fetch() as ReturnType<Parts[Name]>;
}
