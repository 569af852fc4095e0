import { capitalise } from "../../base/capitalise.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { headNumbers, type HeadMeasure } from "../headNumbers.ts";
import { plural } from "../../base/plural.ts";
import { scatterPicture } from "../pictures.ts";
import type { Scatter } from "../scatter.ts";
import { headColumn, type StudyView } from "../studyView.ts";
import { chosenMeasures, titleName, type FigureParts, type FigureWords } from "./figureParts.ts";

const EVERY = "heads";

/** Any two numbers of every head: a dot each, labels by colour and symbol. Null if the Result has fewer than two. */
export function scatterFigure(
  view: StudyView,
  keys: readonly string[],
  { subtitle }: FigureWords,
): FigureParts | null {
  const numbers = headNumbers(view);
  if (!numbers || numbers.measures.length < 2) return null;
  const [x, y] = chosenMeasures(numbers, keys, 2) as [HeadMeasure, HeadMeasure];
  const all = headsOf(x);
  const rows = all.map(({ layer, head }) => ({
    ...{ layer, head },
    label: numbers.labels?.[layer]![head] ?? EVERY,
    ...{ x: x.values[layer]![head]!, y: y.values[layer]![head]! },
  }));
  const dots = rows.filter((row) => row.x !== null && row.y !== null);
  if (dots.length === 0) return null;
  const title = capitalise(`${titleName(y)} against ${titleName(x)}`);
  const missing = all.length - dots.length;
  const picture: Scatter = {
    ...{ title, subtitle, x: x.name, y: y.name },
    dots: dots.map((row) => ({
      ...{ name: headName(row), group: row.label },
      ...{ x: row.x!, y: row.y! },
    })),
    groups: groupsOf(dots.map(({ label }) => label)),
    namesGroups: numbers.labels !== null,
    notes: [
      "A dot is a head; those that stand apart have their names (layer.head).",
      ...(missing > 0 ? [`${plural(missing, "head")} without both numbers: not drawn.`] : []),
    ],
    description: `${title} of ${plural(dots.length, "head")}.`,
  };
  return {
    picture: scatterPicture(picture),
    table: {
      caption: title,
      columns: [headColumn(), ...(numbers.labels ? ["label"] : []), x, y],
      rows: rows.map((row) => [
        { layer: row.layer, head: row.head },
        ...(numbers.labels ? [row.label] : []),
        ...[row.x, row.y],
      ]),
    },
  };
}

function headsOf({ values }: HeadMeasure): HeadAt[] {
  return values.flatMap((row, layer) => row.map((_, head) => ({ layer, head })));
}

/** The rarest first: they are drawn on top, and most of them are what a reader looks for. */
function groupsOf(labels: readonly string[]): string[] {
  const count = (label: string) => labels.filter((other) => other === label).length;
  return [...new Set(labels)].sort((a, b) => count(a) - count(b) || (a < b ? -1 : 1));
}
