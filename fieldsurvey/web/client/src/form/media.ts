// Addresses for the files of a form (`jr://images/a.png`), made once for each and given back when the form is closed.
import type { Media } from "./contract";

interface MediaUrls {
  url: (source: { href: string } | undefined) => Promise<string>;
  release: () => void;
}

export function mediaUrls(media: Media): MediaUrls {
  const made = new Map<string, Promise<string>>();

  async function make(name: string): Promise<string> {
    const blob = await media.get(name)?.();
    return blob ? URL.createObjectURL(blob) : "";
  }

  return {
    url(source) {
      if (!source) return Promise.resolve("");
      const name = decodeURIComponent(source.href.split("/").pop() ?? "");
      const known = made.get(name) ?? make(name);
      made.set(name, known);
      return known;
    },
    release() {
      for (const url of made.values()) void url.then((one) => one && URL.revokeObjectURL(one));
      made.clear();
    },
  };
}
