/** @file SVG text to a PDF of one page in Node: vectors, text that can be selected, in the typeface that ships with the package. */
import { Window } from "happy-dom";
import type PDFDocument from "pdfkit";
import { FONT_FILE } from "./fontFile.ts";
import {
  INITIAL_STYLE,
  notOurs,
  numberOf,
  numbersOf,
  STYLE_ATTRIBUTES,
  styleOf,
} from "./svgStyle.ts";
import type { SvgStyle } from "./svgStyle.ts";

type Pdf = PDFKit.PDFDocument;

/** Points for each pixel of the SVG: 96 of these make an inch, 72 of those. */
const SCALE = 0.75;
/** When it was made, which pdfkit must write: always this, so that bytes do not depend on the clock. */
const NO_DAY = new Date(0);

/**
 * `svg`, which the drawing kit made, as a PDF file of its size at 96 pixels per inch; the same SVG gives the same bytes.
 *
 * @throws {Error} for an element or an attribute that no picture of ours has had, rather than leave it out
 */
export async function pdf(svg: string): Promise<Uint8Array> {
  const { default: Document } = await import("pdfkit");
  const window = new Window();
  try {
    const page = new window.DOMParser().parseFromString(svg, "image/svg+xml");
    const root = page.documentElement as unknown as Element;
    return await bytesOf(drawPdf(Document, root));
  } finally {
    window.happyDOM.abort().catch(() => undefined);
  }
}

function drawPdf(Document: typeof PDFDocument, root: Element): Pdf {
  const [width, height] = [lengthOf(root, "width"), lengthOf(root, "height")];
  const document = new Document({
    size: [width * SCALE, height * SCALE],
    margin: 0,
    font: FONT_FILE,
    lang: "en",
    displayTitle: true,
    info: {
      Title: childText(root, "title"),
      Subject: childText(root, "desc"),
      CreationDate: NO_DAY,
    },
  });
  document.scale(SCALE);
  paintChildren(document, root, styleOf(root, INITIAL_STYLE));
  document.end();
  return document;
}

function bytesOf(document: Pdf): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    document.on("data", (chunk: Buffer) => chunks.push(chunk));
    document.on("end", () => resolve(Buffer.concat(chunks)));
    document.on("error", reject);
  });
}

/** Elements of our pictures; `title` and `desc` inside them are for people who hear the picture. */
const PAINTERS: Readonly<Record<string, (pdf: Pdf, element: Element, style: SvgStyle) => void>> = {
  svg: paintInner,
  g: paintChildren,
  rect: (pdf, element, style) =>
    paintShape(pdf, style, () => {
      const [x, y] = [lengthOf(element, "x"), lengthOf(element, "y")];
      const [width, height] = [lengthOf(element, "width"), lengthOf(element, "height")];
      const radius = Math.min(lengthOf(element, "rx"), width / 2, height / 2);
      if (radius > 0) pdf.roundedRect(x, y, width, height, radius);
      else pdf.rect(x, y, width, height);
    }),
  circle: (pdf, element, style) =>
    paintShape(pdf, style, () => {
      pdf.circle(lengthOf(element, "cx"), lengthOf(element, "cy"), lengthOf(element, "r"));
    }),
  line: (pdf, element, style) =>
    paintShape(pdf, { ...style, fill: null }, () => {
      pdf.moveTo(lengthOf(element, "x1"), lengthOf(element, "y1"));
      pdf.lineTo(lengthOf(element, "x2"), lengthOf(element, "y2"));
    }),
  path: (pdf, element, style) => {
    const d = element.getAttribute("d") ?? "";
    if (d !== "") paintShape(pdf, style, () => pdf.path(d));
  },
  /** A PNG in the picture itself, stretched to its place. */
  image: (pdf, element) => {
    const [x, y] = [lengthOf(element, "x"), lengthOf(element, "y")];
    const [width, height] = [lengthOf(element, "width"), lengthOf(element, "height")];
    pdf.image(element.getAttribute("href") ?? "", x, y, { width, height });
  },
  text: paintText,
  title: () => undefined,
  desc: () => undefined,
};

/** Where and how large an element is, what no printed page shows, and family and weight of letters: there is one typeface of one weight. */
const OTHER_ATTRIBUTES =
  /^(x|y|x1|x2|y1|y2|dx|dy|cx|cy|r|rx|d|width|height|viewBox|transform|xmlns|role|class|font-family|font-weight|font-variant|shape-rendering|pointer-events|href|preserveAspectRatio|aria-.*|data-.*)$/;

function paintChildren(pdf: Pdf, parent: Element, style: SvgStyle): void {
  for (const element of parent.children) paintElement(pdf, element, style);
}

function paintElement(pdf: Pdf, element: Element, outer: SvgStyle): void {
  const painter = PAINTERS[element.localName];
  if (!painter) throw notOurs(`an element <${element.localName}>`);
  for (const { name } of element.attributes)
    if (!STYLE_ATTRIBUTES.includes(name) && !OTHER_ATTRIBUTES.test(name))
      throw notOurs(`an attribute ${name} of <${element.localName}>`);
  pdf.save();
  place(pdf, element.getAttribute("transform") ?? "");
  painter(pdf, element, styleOf(element, outer));
  pdf.restore();
}

/** A picture within the picture: moved, and cut at its edges, as SVG says. */
function paintInner(pdf: Pdf, element: Element, style: SvgStyle): void {
  const [width, height] = [lengthOf(element, "width"), lengthOf(element, "height")];
  const box = element.getAttribute("viewBox");
  if (box !== null && numbersOf(box).join() !== [0, 0, width, height].join())
    throw notOurs(`a viewBox ${box} of another size than ${width} x ${height}`);
  if (width === 0 || height === 0) return;
  pdf.translate(lengthOf(element, "x"), lengthOf(element, "y"));
  pdf.rect(0, 0, width, height).clip();
  paintChildren(pdf, element, style);
}

/** Applies `translate(x,y)` and `rotate(degrees)`, in the order written. */
function place(pdf: Pdf, transform: string): void {
  for (const [step, name] of transform.matchAll(/(\w+)\([^)]*\)/g)) {
    const [first = 0, second = 0] = numbersOf(step);
    if (name === "translate") pdf.translate(first, second);
    else if (name === "rotate") pdf.rotate(first);
    else throw notOurs(`a transform ${step}`);
  }
}

/** Fills and strokes the path that `trace` makes: all that a style says comes before the path, as PDF demands. */
function paintShape(pdf: Pdf, style: SvgStyle, trace: () => void): void {
  const { fill, strokeWidth } = style;
  const stroke = strokeWidth === 0 ? null : style.stroke;
  if (fill === null && stroke === null) return;
  if (fill !== null) pdf.fillColor(fill, style.fillOpacity);
  if (stroke !== null) {
    pdf.strokeColor(stroke, style.strokeOpacity);
    pdf.lineWidth(strokeWidth).lineCap(style.lineCap).lineJoin(style.lineJoin);
    if (style.dashes) pdf.addContent(`[${style.dashes.join(" ")}] 0 d`);
  }
  trace();
  if (fill === null) pdf.stroke();
  else if (stroke === null) pdf.fill();
  else pdf.fillAndStroke();
}

/** A line of text, or several as `tspan`s, each at a place of its own. */
function paintText(pdf: Pdf, element: Element, style: SvgStyle): void {
  if (style.stroke !== null) throw notOurs("text with an outline");
  if (style.fill === null) return;
  const lines = element.children.length > 0 ? [...element.children] : [element];
  const at = { x: positionOf(element, "x", style), y: positionOf(element, "y", style) };
  pdf.fontSize(style.fontSize).fillColor(style.fill, style.fillOpacity);
  for (const line of lines) {
    if (line !== element && line.localName !== "tspan")
      throw notOurs(`<${line.localName}> in text`);
    if (line.hasAttribute("x")) at.x = positionOf(line, "x", style);
    if (line.hasAttribute("y")) at.y = positionOf(line, "y", style);
    writeLine(pdf, line, style, {
      x: at.x + positionOf(line, "dx", style),
      y: (at.y += positionOf(line, "dy", style)),
    });
  }
}

function writeLine(pdf: Pdf, line: Element, style: SvgStyle, at: { x: number; y: number }): void {
  const text = (line.textContent ?? "").replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "");
  if (text === "") return;
  const share = { start: 0, middle: 0.5, end: 1 }[style.textAnchor];
  const x = at.x - share * pdf.widthOfString(text);
  pdf.text(text, x, at.y, { lineBreak: false, baseline: "alphabetic" });
}

/** A length in pixels, or in the `em` of the text. */
function positionOf(element: Element, name: string, { fontSize }: SvgStyle): number {
  const value = element.getAttribute(name) ?? "0";
  return value.endsWith("em") ? numberOf(value.slice(0, -2)) * fontSize : numberOf(value);
}

function lengthOf(element: Element, name: string): number {
  return numberOf(element.getAttribute(name) ?? "0");
}

function childText(root: Element, name: string): string {
  return [...root.children].find((child) => child.localName === name)?.textContent ?? "";
}
