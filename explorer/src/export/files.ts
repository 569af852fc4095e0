/** @file What a view shows as files: the pictures of the command line where the library draws them, else the page's own. */
import {
  attentionPicture,
  csvText,
  jsonText,
  viewPage,
  scoreHeadMap,
  headMap,
  matrices,
  REPORT_TITLE,
  reportPage,
  THEMES,
  type Drawn,
  type NamedResult,
  type StudyTable,
} from "induction-lens/report";
import { type AttentionResult, type ScoreResult } from "induction-lens/browser";

type ThemeName = "light" | "dark";

/** What is taken along. The first table is what a CSV file has. */
export interface Taken {
  readonly title: string;
  readonly lines: readonly string[];
  readonly picture: { readonly label: string; readonly svg: (theme: ThemeName) => string };
  readonly tables: readonly [StudyTable, ...StudyTable[]];
  readonly result: unknown;
  /** Results of the library: their page is the one that `induction-lens report` makes of them. */
  readonly results?: readonly NamedResult[];
}

export interface Written {
  readonly type: string;
  readonly content: string | Blob;
}

type Format = "SVG" | "PNG" | "CSV" | "JSON" | "HTML";

export async function written(taken: Taken, format: Format): Promise<Written> {
  const { title, lines, picture, tables, result, results } = taken;
  if (format === "JSON") return { type: "application/json", content: jsonText(result) };
  if (format === "CSV") {
    const [{ columns, rows }] = tables;
    const content = csvText([columns, ...rows.map((row) => row.map((cell) => cell ?? ""))]);
    return { type: "text/csv", content };
  }
  if (format === "SVG") return { type: "image/svg+xml", content: picture.svg("light") };
  if (format === "PNG") return { type: "image/png", content: await png(picture.svg("light")) };
  if (results)
    return { type: "text/html", content: await reportPage(REPORT_TITLE, results, drawnHere) };
  const svg = { light: picture.svg("light"), dark: picture.svg("dark") };
  const pictures = [{ label: picture.label, svg }];
  return {
    type: "text/html",
    content: await viewPage({ title, lines, pictures, tables, result }),
  };
}

const drawnHere: Drawn = async (paint) => serialised(paint(document));

/** The head map of a score Result, as the command line draws it. */
export function scorePicture(result: ScoreResult): Taken["picture"] {
  const map = scoreHeadMap(result);
  return { label: map.title, svg: (theme) => serialised(headMap(map, document, THEMES[theme])) };
}

/** The figure of an attention Result, as the command line draws it. */
export function attentionFigure(result: AttentionResult): Taken["picture"] {
  const picture = attentionPicture(result);
  return {
    label: picture.title,
    svg: (theme) => serialised(matrices(picture, document, THEMES[theme])),
  };
}

/** A chart of the page as an SVG file of its own, in the colours of `theme`. */
export function pagePicture(chart: SVGElement, label: string): Taken["picture"] {
  return { label, svg: (theme) => chartSvg(chart, theme) };
}

const DRAWN = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "paint-order",
  "font-size",
  "font-family",
];

/** The chart with what the style sheet says of it written into it; the page's colours become those of `theme`. */
function chartSvg(element: SVGElement, theme: ThemeName): string {
  const root = document.documentElement;
  const shown = root.dataset["theme"] ?? "system";
  root.dataset["theme"] = theme;
  try {
    const copy = element.cloneNode(true) as SVGElement;
    const [from, to] = [element, copy].map((one) => [one, ...one.querySelectorAll("*")]);
    from!.forEach((one, index) => {
      const style = getComputedStyle(one);
      for (const name of DRAWN) to![index]!.setAttribute(name, style.getPropertyValue(name));
    });
    const panel = getComputedStyle(root).getPropertyValue("--panel").trim();
    const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: panel }))
      back.setAttribute(name, value);
    copy.prepend(back);
    return serialised(copy);
  } finally {
    root.dataset["theme"] = shown;
  }
}

function serialised(svg: SVGElement): string {
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${new XMLSerializer().serializeToString(svg)}\n`;
}

const PNG_SCALE = 2;

/** The picture in pixels, twice its size. */
async function png(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = PNG_SCALE * image.width;
  canvas.height = PNG_SCALE * image.height;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("too large for a picture")))),
  );
}
