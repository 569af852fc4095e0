/** @file What path patching shows. */
import { headAt } from "../../base/headName.ts";
import { ROUTE_WORDS } from "../../results/causalNames.ts";
import type { PathResult } from "./result.ts";
import { tableNumber } from "../../draw/numbers.ts";
import {
  aboutLines,
  divergingScale,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

export function pathView(result: PathResult): StudyView {
  const { into, route, form, norm, metric, paths, model } = result;
  const where = into.length > 0 ? `the ${ROUTE_WORDS[route]} of ${into.join(", ")}` : "the logits";
  const [first, second] = paths;
  const name = (path: PathResult["paths"][number]) => path.from.join(" + ");
  const next = second ? `; next is ${name(second)} with ${tableNumber(second.drop)}` : "";
  const sentence = `Of the paths into ${where}, that from ${name(first!)} carries most: ${metric.name} drops by ${tableNumber(first!.drop)}${next}.`;
  const values = Array.from({ length: model.layers }, () =>
    new Array<number | null>(model.heads).fill(null),
  );
  for (const { from, drop } of paths) {
    const { layer, head } = headAt(from[0]!);
    if (from.length === 1) values[layer]![head] = drop;
  }
  return {
    title: `Paths into ${where}: ${model.id}`,
    lines: [
      ...aboutLines(result),
      `paths: ${form}; the receivers' norm is ${norm}`,
      `${metric.name}: clean ${tableNumber(metric.clean)}, corrupted ${tableNumber(metric.corrupted)}`,
    ],
    sentences: [sentence],
    map: {
      title: `Paths into ${where}`,
      subtitle: pictureLines(result),
      values,
      scale: divergingScale(values),
      scaleLabel: `drop of ${metric.name} without the path`,
      description: sentence,
    },
    tables: [
      {
        caption: "Every path, largest drop first",
        columns: ["from", "value", "drop", "effect", "low", "high"],
        rows: paths.map((path) => [name(path), ...numbersOf(path)]),
      },
    ],
    csv: () => pathTable(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function numbersOf({ value, drop, effect, interval }: PathResult["paths"][number]) {
  return [value, drop, effect, ...(interval ?? [null, null])];
}

/** Layer and head are empty for paths from several heads together. */
function pathTable({ paths }: PathResult): StudyTable {
  return {
    caption: "Every path",
    columns: ["from", headColumn(), "value", "drop", "effect", "low", "high"],
    rows: paths.map((path) => {
      const heads = path.from.map(headAt);
      return [heads, heads.length === 1 ? heads[0]! : null, ...numbersOf(path)];
    }),
  };
}
