import type { CountBars } from "../countBars.ts";
import { headNumbers } from "../headNumbers.ts";
import { countPicture } from "../pictures.ts";
import type { StudyView } from "../studyView.ts";
import type { FigureParts, FigureWords } from "./figureParts.ts";

/** How many heads of each layer have each label. Null if the Result labels no heads. */
export function labelFigure(view: StudyView, { subtitle }: FigureWords): FigureParts | null {
  const labels = headNumbers(view)?.labels;
  if (!labels) return null;
  const names = [...new Set(labels.flat())].sort((a, b) => total(labels, a) - total(labels, b));
  const rows = names.map((name) => ({
    name,
    counts: labels.map((layer) => layer.filter((label) => label === name).length),
  }));
  const title = "Labels of heads by layer";
  const picture: CountBars = {
    ...{ title, subtitle, rows, columnName: "layer" },
    description: `${title}: ${rows.map(({ name }) => `${name} ${total(labels, name)}`).join(", ")}.`,
  };
  return {
    picture: countPicture(picture),
    table: {
      caption: "Heads of each layer by label",
      columns: ["layer", ...names.map((name) => ({ name, key: name }))],
      rows: labels.map((_, layer) => [layer, ...rows.map(({ counts }) => counts[layer]!)]),
    },
  };
}

function total(labels: readonly (readonly string[])[], name: string): number {
  return labels.flat().filter((label) => label === name).length;
}
