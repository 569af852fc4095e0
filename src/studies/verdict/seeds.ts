/** @file What differs between the verdicts of several seeds. */
import type { VerdictResult } from "./result.ts";

/** @param results of the same model and options, one for each seed */
export function verdictSeeds(
  seeds: readonly number[],
  results: readonly VerdictResult[],
): NonNullable<VerdictResult["seeds"]> {
  const [first] = results as readonly [VerdictResult];
  const heads = first.heads.map(({ layer, head }, index) => {
    const all = results.map((each) => each.heads[index]!);
    const labels = all.map(({ label }) => label);
    const flags = all.map((each) => each.flags.toSorted());
    return { layer, head, labels, flags };
  });
  const distinct = (values: readonly unknown[]) => new Set(values.map(String)).size;
  return {
    seeds: [...seeds],
    induction: heads.flatMap(({ layer, head, labels }) => {
      const times = labels.filter((label) => label === "induction").length;
      return times > 0 ? [{ layer, head, times }] : [];
    }),
    labels: heads
      .filter(({ labels }) => distinct(labels) > 1)
      .map(({ layer, head, labels }) => ({ layer, head, labels })),
    flags: heads
      .filter(({ flags }) => distinct(flags) > 1)
      .map(({ layer, head, flags }) => ({ layer, head, flags })),
  };
}
