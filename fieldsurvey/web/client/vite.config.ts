// How the phone app is built: one chunk for each of engine, vue and our own parts, so that an update fetches only what changed.
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { wasmFiles } from "./tools/wasm";

const LIBRARIES: [RegExp, string][] = [
  [/node_modules\/(@getodk|solid-js|papaparse|temporal|mdast|micromark|unist|decode-named|character-ent|bin-packer|dequal)/, "engine"],
  [/node_modules\/(vue|@vue)\//, "vue"],
  [/plugin-vue:export-helper/, "vue"],
  [/vite\/preload-helper/, "vue"],
  [/node_modules\/idb\//, "vue"],
  [/node_modules\/leaflet/, "map"],
  [/node_modules\/jsqr/, "barcode"],
  [/node_modules\/uqr/, "rare-qr"],
];
// Our own parts. Only main.ts names the files of others, so that a change in one is fetched as that one and main.
const PARTS: [RegExp, string][] = [
  [/src\/i18n\/en/, "en"],
  [/src\/(widgets\/rare|kit\/rare)\//, "rare"],
  [/src\/(form|engine|widgets|styles\/form)/, "form"],
  [/src\/(i18n|kit|router)/, "kit"],
  [/src\/(home\/(More|Carry|Receipt|HouseholdSheet)|sync\/carry|lock\/(ScanCode|codes))/, "rare-pages"],
  [/src\/(store|sync)\//, "store"],
  [/src\/(home|lock)\//, "home"],
];

/** Which chunk a module belongs to; undefined leaves it where it is used. */
function chunkOf(id: string): string | undefined {
  return [...LIBRARIES, ...PARTS].find(([pattern]) => pattern.test(id))?.[1];
}

export default defineConfig({
  base: "/app/",
  plugins: [vue(), wasmFiles()],
  define: {
    __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    __APP_VERSION__: JSON.stringify(process.env["npm_package_version"] ?? "0"),
  },
  build: {
    target: "es2022",
    minify: "terser",
    terserOptions: { ecma: 2020, module: true, compress: { passes: 2 } },
    outDir: "../static/client",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the Content-Security-Policy knows no data: scripts or fonts
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      output: {
        manualChunks: chunkOf,
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8000", "/sync": "http://127.0.0.1:8000", "/static": "http://127.0.0.1:8000" } },
});
