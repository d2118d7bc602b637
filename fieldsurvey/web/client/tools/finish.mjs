// After Vite: the worker, the licences, the compressed copies, the record of what was built from what, and the budgets.
// Exits 1 when a budget is broken. All of it depends on the contents of files only, so that two builds are equal.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const HERE = join(dirname(fileURLToPath(import.meta.url)), "..");
const OUT = process.argv[2] ?? join(HERE, "..", "static", "client");
const KILO = 1024;
// Gzip, in KB. The libraries rarely change; a change of one of our own parts is fetched as that part and the one that names it.
const BUDGETS = { shell: 330, update: 20 };
const LATER = /^assets\/(map|barcode|qr|rare|en|layers|marker)-/; // fetched when the shell is there, or when first used
const NAMES_PARTS = /^(index\.html|assets\/(index|main)-[^.]*\.js)$/;

const read = (name) => readFileSync(join(OUT, name));
const sha = (content) => createHash("sha256").update(content).digest("hex");
const gzip = (content) => gzipSync(content, { level: 9 });

function filesBelow(folder, base = folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name), base) : [relative(base, join(folder, entry.name))]))
    .map((name) => name.split("\\").join("/"))
    .sort();
}

const built = () => filesBelow(OUT).filter((name) => !/\.(br|gz)$/.test(name) && !["licences.txt", "build.json"].includes(name));

/** The worker, with the names of all files that make the shell; its version is the hash of their contents. */
function worker() {
  const source = join(HERE, "src", "sw.ts");
  if (!existsSync(source)) return;
  const shell = built().filter((name) => name !== "sw.js");
  const define = {
    __FILES__: JSON.stringify(shell.filter((name) => !LATER.test(name))),
    __LATER__: JSON.stringify(shell.filter((name) => LATER.test(name))),
    __VERSION__: JSON.stringify(sha(shell.map((name) => name + sha(read(name))).join("\n")).slice(0, 12)),
  };
  buildSync({ entryPoints: [source], outfile: join(OUT, "sw.js"), bundle: true, minify: true, format: "iife", target: "es2022", define, legalComments: "none" });
}

/** The texts of the licences of all that is in the chunks. */
function licences() {
  const lock = JSON.parse(readFileSync(join(HERE, "package-lock.json"), "utf8"));
  const parts = Object.entries(lock.packages)
    .filter(([path, entry]) => path.startsWith("node_modules/") && !entry.dev && !entry.optional)
    .map(([path, entry]) => licence(path, entry));
  writeFileSync(join(OUT, "licences.txt"), `The phone app contains these libraries.\n\n${parts.join("\n")}`);
}

function licence(path, entry) {
  const folder = join(HERE, path);
  const name = readdirSync(folder).sort().find((file) => /^(licen[cs]e|copying)/i.test(file));
  const text = name ? readFileSync(join(folder, name), "utf8").trim() : `(${entry.license})`;
  return `=== ${path.slice("node_modules/".length)} ${entry.version} (${entry.license})\n\n${text}\n`;
}

function compress() {
  for (const name of built().filter((one) => /\.(js|css|html|svg|wasm|webmanifest)$/.test(one))) {
    const content = read(name);
    writeFileSync(join(OUT, `${name}.gz`), gzip(content));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(join(OUT, `${name}.br`), brotliCompressSync(content, { params }));
  }
}

/** What the sources were: a check compares this with the sources of today. */
function sources() {
  const names = filesBelow(join(HERE, "src")).map((name) => `src/${name}`);
  const more = filesBelow(join(HERE, "public")).map((name) => `public/${name}`);
  const all = [...names, ...more, "index.html", "package-lock.json", "tools/finish.mjs", "tools/wasm.ts", "vite.config.ts"].sort();
  return sha(all.map((name) => `${name} ${sha(readFileSync(join(HERE, name)))}\n`).join(""));
}

function budgets(files) {
  const size = (chosen) => files.filter(chosen).reduce((sum, file) => sum + file.gzip, 0) / KILO;
  const library = (file) => /^assets\/(engine|vue|map|barcode|qr)-/.test(file.name);
  const picture = (file) => /\.(svg|png|webmanifest)$/.test(file.name);
  const later = (file) => LATER.test(file.name);
  const ours = (file) => !library(file) && !picture(file);
  const largest = Math.max(...files.filter((file) => ours(file) && !NAMES_PARTS.test(file.name)).map((file) => file.gzip / KILO));
  const sizes = {
    shell: size((file) => !later(file) && !picture(file)),
    "all our parts": size(ours),
    update: largest + size((file) => NAMES_PARTS.test(file.name)),
    later: size((file) => later(file) && !picture(file)),
  };
  for (const file of files) console.log(`${(file.gzip / KILO).toFixed(1).padStart(7)} KB  ${file.name}`);
  for (const [name, kilobytes] of Object.entries(sizes)) {
    const limit = BUDGETS[name];
    console.log(`${kilobytes.toFixed(1).padStart(7)} KB  ${name}${limit ? ` (at most ${limit})` : ""}`);
    if (limit && kilobytes > limit) {
      console.error(`The budget of ${name} is broken.`);
      process.exitCode = 1;
    }
  }
}

worker();
licences();
compress();
const files = built().map((name) => ({ name, sha256: sha(read(name)), bytes: read(name).length, gzip: gzip(read(name)).length }));
budgets(files);
const record = { sources: sources(), files: Object.fromEntries(files.map(({ name, sha256, bytes }) => [name, { bytes, sha256 }])) };
writeFileSync(join(OUT, "build.json"), `${JSON.stringify(record, null, 1)}\n`);
