import { capitalise } from "../../base/capitalise.ts";
import { headMatrix } from "../headMatrix.ts";
import { headNumbers, type HeadMeasure } from "../headNumbers.ts";
import type { Matrices } from "../matrices.ts";
import { matricesPicture } from "../pictures.ts";
import { headColumn, type StudyView } from "../studyView.ts";
import { chosenMeasures, titleName, type FigureParts, type FigureWords } from "./figureParts.ts";

/**
 * Two numbers of every head as maps side by side, each with a scale of its own: such as attention against the signed direct
 * effect. Null if the Result has fewer than two.
 */
export function mapsFigure(
  view: StudyView,
  keys: readonly string[],
  { subtitle }: FigureWords,
): FigureParts | null {
  const numbers = headNumbers(view);
  if (!numbers || numbers.measures.length < 2) return null;
  const [first, second] = chosenMeasures(numbers, keys, 2) as [HeadMeasure, HeadMeasure];
  const title = capitalise(`${titleName(first)} and ${titleName(second)}`);
  const hasGaps = [first, second].some(({ values }) => values.flat().includes(null));
  const picture: Matrices = {
    ...{ title, subtitle, rowName: "layers", columnName: "heads" },
    ...{ scale: first.scale, scaleLabel: first.name },
    matrices: [
      headMatrix(first.name, first.values),
      {
        ...headMatrix(second.name, second.values),
        own: { scale: second.scale, scaleLabel: second.name },
      },
    ],
    crossesGaps: true,
    notes: hasGaps ? ["A crossed cell has no number: the study did not measure it there."] : [],
    description: `${title} of every head.`,
  };
  return {
    picture: matricesPicture(picture),
    table: {
      caption: title,
      columns: [headColumn(), first, second],
      rows: first.values.flatMap((row, layer) =>
        row.map((value, head) => [{ layer, head }, value, second.values[layer]![head]!]),
      ),
    },
  };
}
