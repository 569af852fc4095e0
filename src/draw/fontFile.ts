import { fileURLToPath } from "node:url";

/** The typeface of all pictures, which ships with the package, so that every machine draws the same. Node only. */
export const FONT_FILE = fileURLToPath(new URL("../../fonts/Inter-Regular.ttf", import.meta.url));
