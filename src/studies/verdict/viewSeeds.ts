/** @file What a verdict says about its seeds. */
import { plural } from "../../base/plural.ts";
import { headColumn, type StudyTable } from "../../draw/studyView.ts";
import type { VerdictResult } from "./result.ts";

/** One sentence; nothing where there is one seed. */
export function seedWords({ seeds: over, heads }: VerdictResult): string[] {
  if (!over) return [];
  const { seeds, induction, labels, flags } = over;
  const always = induction.filter(({ times }) => times === seeds.length).length;
  const sometimes = induction.length - always;
  const summary =
    induction.length === 0
      ? "no head is an induction head in any"
      : `${plural(always, "induction head")} in all of them${sometimes > 0 ? `, ${sometimes} in some` : ""}`;
  return [
    `Over ${plural(seeds.length, "seed")} (${seeds[0]} to ${seeds.at(-1)}): ${summary}; labels of ${labels.length} and flags of ${flags.length} of ${plural(heads.length, "head")} differ.`,
  ];
}

/** Heads whose label or flags are not the same with every seed. */
export function seedTables({ seeds: over }: VerdictResult): StudyTable[] {
  if (!over) return [];
  const { seeds, labels, flags } = over;
  const columns = [headColumn(), ...seeds.map((seed) => `seed ${seed}`)];
  const table = (
    caption: string,
    rows: readonly { layer: number; head: number; cells: readonly string[] }[],
  ): StudyTable[] =>
    rows.length === 0
      ? []
      : [
          {
            caption,
            columns,
            rows: rows.map(({ layer, head, cells }) => [{ layer, head }, ...cells]),
          },
        ];
  return [
    ...table(
      "Labels that differ between seeds",
      labels.map((entry) => ({ ...entry, cells: entry.labels })),
    ),
    ...table(
      "Flags that differ between seeds",
      flags.map((entry) => ({
        ...entry,
        cells: entry.flags.map((all) => all.join(", ") || "none"),
      })),
    ),
  ];
}
