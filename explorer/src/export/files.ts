/** @file What a view shows as files: the pictures of the command line where the library draws them, else the page's own. */
import {
  arcsPicture,
  attentionView,
  drawFigure,
  jsonText,
  lazySvg,
  mapPicture,
  REPORT_TITLE,
  reportPage,
  scoreHeadMap,
  scoreView,
  studyCsv,
  studyPage,
  viewOf,
  type Arcs,
  type Drawn,
  type NamedResult,
  type StudyPicture,
  type StudyTable,
  type StudyView,
} from "induction-lens/report";
import type { AttentionResult, ScoreResult, VerdictResult } from "induction-lens/browser";

type ThemeName = "light" | "dark";

/** What is taken along. The first table is what a CSV file has. */
export interface ExportContent {
  readonly title: string;
  readonly lines: readonly string[];
  readonly picture: StudyPicture;
  readonly tables: readonly [StudyTable, ...StudyTable[]];
  readonly result: unknown;
  /** Results of the library: their page is the one that `induction-lens report` makes of them. */
  readonly results?: readonly NamedResult[];
}

export interface ExportFile {
  readonly type: string;
  readonly content: string | Blob;
}

type Format = "SVG" | "PNG" | "CSV" | "JSON" | "HTML";

export async function writeFormat(source: ExportContent, format: Format): Promise<ExportFile> {
  const { picture, result, results } = source;
  const view = takenView(source);
  if (format === "JSON") return { type: "application/json", content: jsonText(result) };
  if (format === "CSV") return { type: "text/csv", content: studyCsv(view) };
  if (format === "HTML") {
    const content = await (results
      ? reportPage(REPORT_TITLE, results, drawnHere)
      : studyPage(view, result, drawnHere));
    return { type: "text/html", content };
  }
  const svg = await lazySvg(picture, drawnHere)("light");
  return format === "SVG"
    ? { type: "image/svg+xml", content: svg }
    : { type: "image/png", content: await png(svg) };
}

function takenView({ title, lines, picture, tables }: ExportContent): StudyView {
  return { title, lines, sentences: [], map: null, pictures: [picture], tables, warnings: [] };
}

const drawnHere: Drawn = async (paint) => svgText(paint(document));

/** The head map of a score Result, as the command line draws it. */
export function scorePicture(result: ScoreResult): StudyPicture {
  return mapPicture(scoreHeadMap(result));
}

/** The circuit of a verdict, as the command line draws it; null where no head acts on what it sees. */
export async function circuitPicture(result: VerdictResult): Promise<StudyPicture | null> {
  const { pictures } = await viewOf({ name: "verdict", result });
  return pictures?.[0] ?? null;
}

/** What the report of a Result has, of whatever study: its view, and its pictures with the map first. */
export async function resultView(entry: NamedResult) {
  const view = await viewOf(entry);
  const map = view.map ? [mapPicture(view.map)] : [];
  return { view, pictures: [...map, ...(view.pictures ?? [])] };
}

/** Every head with its scores. */
export function scoreTable(result: ScoreResult): StudyTable {
  return scoreView(result).csv!();
}

/** The figure of an attention Result, as the command line draws it. */
export function attentionFigure(result: AttentionResult): StudyPicture {
  return attentionView(result).pictures![0]!;
}

/** Tokens with arcs over them, as the command line draws them. */
export function arcsFigure(picture: Arcs): StudyPicture {
  return arcsPicture(picture);
}

/**
 * A chart of the page as a picture of its own, in the colours of a theme.
 *
 * @param title what it is of, with the model: nothing else says so once it is a file
 * @param lines what was done, and what the lines of the chart are
 */
export function pagePicture(
  chart: SVGElement,
  label: string,
  title: string,
  lines: readonly string[],
): StudyPicture {
  const draw: Awaited<ReturnType<StudyPicture["draw"]>> = (page, theme) => {
    const node = chartIn(chart, theme.name);
    const [width, height] = ["width", "height"].map((name) => Number(node.getAttribute(name)));
    const parts = [{ node, width: width!, height: height! }];
    return drawFigure(page, theme, {
      title,
      subtitle: lines,
      parts,
      notes: [],
      description: label,
    });
  };
  return { label, draw: async () => draw };
}

const DRAWN = [
  "fill",
  "fill-opacity",
  "opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "paint-order",
  "font-size",
  "font-family",
];

/** The chart with what the style sheet says of it written into it; the page's colours become those of `theme`. */
function chartIn(element: SVGElement, theme: ThemeName): SVGSVGElement {
  const root = document.documentElement;
  const themeBefore = root.dataset["theme"] ?? "system";
  root.dataset["theme"] = theme;
  try {
    const copy = element.cloneNode(true) as SVGSVGElement;
    const [from, to] = [element, copy].map((node) => [node, ...node.querySelectorAll("*")]);
    from!.forEach((node, index) => {
      const style = getComputedStyle(node);
      for (const name of DRAWN) to![index]!.setAttribute(name, style.getPropertyValue(name));
    });
    const panel = getComputedStyle(root).getPropertyValue("--panel").trim();
    const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: panel }))
      back.setAttribute(name, value);
    copy.prepend(back);
    return copy;
  } finally {
    root.dataset["theme"] = themeBefore;
  }
}

function svgText(svg: SVGElement): string {
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
