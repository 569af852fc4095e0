import type { LineFigure } from "../../draw/lines.ts";
import type { StudyPicture } from "../../draw/studyView.ts";

/** Lines as a picture of a study; Observable Plot is loaded when it is drawn. */
export function linePicture(figure: LineFigure): StudyPicture {
  return {
    label: figure.title,
    draw: async () => {
      const { lineFigure } = await import("../../draw/lines.ts");
      return (document, theme) => lineFigure(figure, document, theme);
    },
  };
}
