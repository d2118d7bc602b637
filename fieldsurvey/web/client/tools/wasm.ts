// The engine carries its WebAssembly as text inside its script. As files of their own they are 28 KB smaller on the line.
import type { Plugin } from "vite";

const EMBEDDED = /"data:application\/wasm;base64,([A-Za-z0-9+/=]+)"/g;

export function wasmFiles(): Plugin {
  return {
    name: "wasm-files",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("xforms-engine/dist/")) return null;
      let count = 0;
      const changed = code.replace(EMBEDDED, (_, text: string) => {
        count += 1;
        const file = this.emitFile({ type: "asset", name: `engine-${count}.wasm`, source: Buffer.from(text, "base64") });
        return `new URL(import.meta.ROLLUP_FILE_URL_${file}, location.href).href`;
      });
      if (count !== 2) this.error(`the engine has ${count} WebAssembly files, not 2`);
      return { code: changed, map: null };
    },
  };
}
