/** @file Charts as pictures of a study; what draws one is loaded when somebody asks for it. */
import type { Arcs } from "./arcs.ts";
import type { BarChart } from "./bars.ts";
import type { HeadMap } from "./headMap.ts";
import type { LineFigure } from "./lines.ts";
import type { Matrices } from "./matrices.ts";
import type { OverImage } from "./overImage.ts";
import type { Scatter } from "./scatter.ts";
import type { StudyPicture, StudyView } from "./studyView.ts";

export function mapPicture(map: HeadMap): StudyPicture {
  return {
    label: map.title,
    draw: async () => {
      const { headMap } = await import("./headMap.ts");
      return (document, theme) => headMap(map, document, theme);
    },
  };
}

export function linePicture(figure: LineFigure): StudyPicture {
  return {
    label: figure.title,
    draw: async () => {
      const { lineFigure } = await import("./lines.ts");
      return (document, theme) => lineFigure(figure, document, theme);
    },
  };
}

export function barPicture(chart: BarChart): StudyPicture {
  return {
    label: chart.title,
    draw: async () => {
      const { barChart } = await import("./bars.ts");
      return (document, theme) => barChart(chart, document, theme);
    },
  };
}

export function matricesPicture(picture: Matrices): StudyPicture {
  return {
    label: picture.title,
    draw: async () => {
      const { matrices } = await import("./matrices.ts");
      return (document, theme) => matrices(picture, document, theme);
    },
  };
}

export function arcsPicture(picture: Arcs): StudyPicture {
  return {
    label: picture.title,
    draw: async () => {
      const { arcs } = await import("./arcs.ts");
      return (document, theme) => arcs(picture, document, theme);
    },
  };
}

export function scatterPicture(picture: Scatter): StudyPicture {
  return {
    label: picture.title,
    draw: async () => {
      const { scatter } = await import("./scatter.ts");
      return (document, theme) => scatter(picture, document, theme);
    },
  };
}

export function overImagePicture(picture: OverImage): StudyPicture {
  return {
    label: picture.title,
    draw: async () => {
      const { overImage } = await import("./overImage.ts");
      return (document, theme) => overImage(picture, document, theme);
    },
  };
}

/** The study's own pictures first, then its map. */
export function picturesOf({ map, pictures = [] }: StudyView): StudyPicture[] {
  return [...pictures, ...(map ? [mapPicture(map)] : [])];
}
