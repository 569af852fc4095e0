import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the built folder works wherever it is put
  root: import.meta.dirname,
  resolve: {
    alias: {
      "induction-lens/browser": fileURLToPath(new URL("../dist/browser.js", import.meta.url)),
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
