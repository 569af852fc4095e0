/** @file Charts as pictures of a study; what draws one is loaded when somebody asks for it. */
import type { Arcs } from "./arcs.ts";
import type { BarChart } from "./bars.ts";
import type { CountBars } from "./countBars.ts";
import type { HeadMap } from "./headMap.ts";
import type { LineFigure } from "./lines.ts";
import type { Matrices } from "./matrices.ts";
import type { OverImage } from "./overImage.ts";
import type { Scatter } from "./scatter.ts";
import type { StudyPicture, StudyView } from "./studyView.ts";
import type { Theme } from "./theme.ts";

/** Draws a chart as one SVG element. */
type Draw<Chart> = (chart: Chart, document: Document, theme: Theme) => SVGSVGElement;

/** `chart` as a picture. @param load imports what draws it */
export function chartPicture<Chart extends { readonly title: string }>(
  chart: Chart,
  load: () => Promise<Draw<Chart>>,
): StudyPicture {
  return {
    label: chart.title,
    draw: async () => {
      const draw = await load();
      return (document, theme) => draw(chart, document, theme);
    },
  };
}

export function mapPicture(map: HeadMap): StudyPicture {
  return chartPicture(map, async () => (await import("./headMap.ts")).headMap);
}

export function linePicture(figure: LineFigure): StudyPicture {
  return chartPicture(figure, async () => (await import("./lines.ts")).lineFigure);
}

export function barPicture(chart: BarChart): StudyPicture {
  return chartPicture(chart, async () => (await import("./bars.ts")).barChart);
}

export function countPicture(picture: CountBars): StudyPicture {
  return chartPicture(picture, async () => (await import("./countBars.ts")).countBars);
}

export function matricesPicture(picture: Matrices): StudyPicture {
  return chartPicture(picture, async () => (await import("./matrices.ts")).matrices);
}

export function arcsPicture(picture: Arcs): StudyPicture {
  return chartPicture(picture, async () => (await import("./arcs.ts")).arcs);
}

export function scatterPicture(picture: Scatter): StudyPicture {
  return chartPicture(picture, async () => (await import("./scatter.ts")).scatter);
}

export function overImagePicture(picture: OverImage): StudyPicture {
  return chartPicture(picture, async () => (await import("./overImage.ts")).overImage);
}

/** The study's own pictures first, then its map. */
export function picturesOf({ map, pictures = [] }: StudyView): StudyPicture[] {
  return [...pictures, ...(map ? [mapPicture(map)] : [])];
}
