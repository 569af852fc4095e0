import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The zoo lies beside the page, so that `load("zoo:NAME")` finds it wherever the built folder is put. */
const zoo = {
  name: "zoo",
  apply: "build",
  closeBundle: () =>
    cpSync(join(import.meta.dirname, "../zoo"), join(import.meta.dirname, "dist/zoo"), {
      recursive: true,
    }),
};

export default defineConfig({
  plugins: [zoo],
  base: "./", // the built folder works wherever it is put
  root: import.meta.dirname,
  resolve: {
    alias: Object.fromEntries(
      ["browser", "graph", "measure", "trainInBrowser", "reportAnywhere"].map((entry) => [
        `induction-lens/${entry.replace(/(InBrowser|Anywhere)$/, "")}`,
        fileURLToPath(new URL(`../dist/${entry}.js`, import.meta.url)),
      ]),
    ),
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The library loads late what a page may have at once, and how long plugins took says nothing about the page.
    rolldownOptions: { checks: { ineffectiveDynamicImport: false, pluginTimings: false } },
  },
});
