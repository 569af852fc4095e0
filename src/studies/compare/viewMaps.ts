/** @file The maps of two models and their difference, and tables of what a verdict calls otherwise. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { headAt } from "../../base/headName.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { divergingScale, headColumn, type StudyTable } from "../../draw/studyView.ts";
import type { ComparedPair } from "./result.ts";

interface Side {
  readonly id: string;
  /** [layer][head], 0 to 1. */
  readonly values: readonly (readonly number[])[];
}

export function differenceOfMaps(first: Side, second: Side): number[][] {
  return second.values.map((row, layer) =>
    row.map((value, head) => value - first.values[layer]![head]!),
  );
}

/** Both maps and second - first, side by side. */
export function mapsOf(
  first: Side,
  second: Side,
  words: Pick<Matrices, "title" | "subtitle" | "scaleLabel" | "description">,
): Matrices {
  const names = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  const axes = { rows: names(first.values.length), columns: names(first.values[0]!.length) };
  const difference = differenceOfMaps(first, second);
  return {
    ...words,
    matrices: [
      { title: first.id, ...axes, values: first.values },
      { title: second.id, ...axes, values: second.values },
      {
        title: "second - first",
        ...axes,
        values: difference,
        own: { scale: divergingScale(difference), scaleLabel: "difference" },
      },
    ],
    rowName: "layers",
    columnName: "heads",
    scale: UNIT_SCALE,
  };
}

/** Labels, flags and edges that changed; @param way `from A to B` */
export function changeTables(
  { labels, flags, edges }: NonNullable<ComparedPair["changes"]>,
  way: string,
): StudyTable[] {
  return [
    {
      caption: `Labels that change ${way}`,
      columns: [headColumn(), "from", "to", "undecided", "intervals that part"],
      rows: labels.map(({ layer, head, from, to, undecided, parted }) => [
        { layer, head },
        from,
        to,
        undecided ? "yes" : "no",
        parted.join(", ") || "none: other rows could decide otherwise",
      ]),
    },
    {
      caption: `Flags that change ${way}`,
      columns: [headColumn(), "gained", "lost"],
      rows: flags.map(({ layer, head, gained, lost }) => [
        { layer, head },
        gained.join(" "),
        lost.join(" "),
      ]),
    },
    {
      caption: `Edges of the circuit that change ${way}`,
      columns: ["edge", headColumn("from"), "into", headColumn("of")],
      rows: (["gained", "lost"] as const).flatMap((kind) =>
        edges[kind].map(({ from, to, route }) => [kind, headAt(from), route, headAt(to)]),
      ),
    },
  ];
}
