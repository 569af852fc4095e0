/** @file SVG text to PNG bytes in Node, with the typeface that ships with the package, so that every machine draws the same. */
import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";

const FONT_FILE = fileURLToPath(new URL("../../fonts/Inter-Regular.ttf", import.meta.url));

/** `svg` as a PNG file, `scale` pixels for each of its own (2 by default, enough for print at 15 cm). */
export function png(svg: string, scale = 2): Uint8Array {
  const image = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { fontFiles: [FONT_FILE], loadSystemFonts: false, defaultFontFamily: "Inter" },
  });
  return image.render().asPng();
}
