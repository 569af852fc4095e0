/** @file Pictures as SVG text in Node. Loading this costs about 0.4 s (a DOM and Observable Plot), so import it when a picture is due. */
import { Window } from "happy-dom";
import { headMap, type HeadMap } from "./headMap.ts";
import { THEMES, type Theme } from "./theme.ts";

/** A head map as a complete SVG file; the same map gives the same bytes. */
export function headMapSvg(map: HeadMap, theme: Theme = THEMES.light): string {
  return drawnSvg((document) => headMap(map, document, theme));
}

/** What `draw` makes in a document of its own, as SVG text. */
export function drawnSvg(draw: (document: Document) => SVGSVGElement): string {
  const window = new Window();
  try {
    const svg = draw(window.document as unknown as Document);
    const text = new window.XMLSerializer().serializeToString(svg as never);
    return `${text.replaceAll("&nbsp;", "\u00a0")}\n`; // XML has no &nbsp;, happy-dom writes one
  } finally {
    window.happyDOM.abort().catch(() => undefined);
  }
}
