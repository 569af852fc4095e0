/** @file SVG text to PNG bytes in Node, with the typeface that ships with the package, so that every machine draws the same. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { FONT_FILE } from "./fontFile.ts";

const FONT_FAMILY = "Inter";
/** Pixels for each of the SVG's own: enough for print at 15 cm. */
const SCALE = 2;

/**
 * `svg` as a PNG file, `scale` pixels for each of its own. Native code draws it; where the package of that for this machine
 * is not installed (it is an optional one), WASM draws the same bytes, in seconds rather than a tenth of one.
 */
export async function png(svg: string, scale = SCALE): Promise<Uint8Array> {
  const native = await import("@resvg/resvg-js").catch(() => undefined);
  if (!native) return pngByWasm(svg, scale);
  const font = { fontFiles: [FONT_FILE], loadSystemFonts: false, defaultFontFamily: FONT_FAMILY };
  return new native.Resvg(svg, { fitTo: { mode: "zoom", value: scale }, font }).render().asPng();
}

let started: Promise<void> | undefined;

/** The same without native code. */
async function pngByWasm(svg: string, scale = SCALE): Promise<Uint8Array> {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  started ??= readFile(fileURLToPath(import.meta.resolve("@resvg/resvg-wasm/index_bg.wasm"))).then(
    initWasm,
  );
  await started;
  const fontBuffers = [await readFile(FONT_FILE)];
  const font = { fontBuffers, loadSystemFonts: false, defaultFontFamily: FONT_FAMILY };
  const image = new Resvg(svg, { fitTo: { mode: "zoom", value: scale }, font });
  try {
    return image.render().asPng();
  } finally {
    image.free();
  }
}
