/** @file What a score Result says about its seeds. */
import { headName } from "../../base/headName.ts";
import { plural } from "../../base/plural.ts";
import { share } from "../../draw/numbers.ts";
import { headColumn, type StudyTable } from "../../draw/studyView.ts";
import type { ScoreResult } from "./result.ts";

/** One sentence; nothing where there is one seed. */
export function seedWords({ seeds: over, scores }: ScoreResult): string[] {
  if (!over) return [];
  const { seeds, top, apart } = over;
  const orders = top.map((heads) => heads.map(headName).join(" "));
  const sets = top.map((heads) => heads.map(headName).toSorted().join(" "));
  const best = plural(top[0]!.length, "best head");
  const same =
    new Set(orders).size === 1
      ? `the ${best} are the same in the same order`
      : new Set(sets).size === 1
        ? `the ${best} are the same, not in the same order`
        : `the ${best} differ`;
  const all = scores.induction.flat().length;
  return [
    `Over ${plural(seeds.length, "seed")} (${seeds[0]} to ${seeds.at(-1)}): ${same}; of ${apart.length} of ${plural(all, "head")} the intervals of two seeds have nothing in common.`,
  ];
}

/** Heads whose intervals of two seeds have nothing in common. */
export function seedTables({ seeds }: ScoreResult): StudyTable[] {
  if (!seeds || seeds.apart.length === 0) return [];
  return [
    {
      caption: "Heads whose 95 % intervals of two seeds have nothing in common",
      columns: [headColumn(), "least", "most"],
      rows: seeds.apart.map(({ layer, head, least, most }) => [
        { layer, head },
        share(least),
        share(most),
      ]),
    },
  ];
}
