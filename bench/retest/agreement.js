/** @file How far verdicts of one model agree: runs are lists of { head, label, undecided } in the same order. */

/**
 * @returns heads; `same`: those with one label in all runs; `pairs`: share of (head, two runs) with equal labels; `contradicting`: share
 *   of those with two labels of which neither is undecided; `flipping`: the heads that are not the same, `flagged` those of them that
 *   are undecided in at least one run; `flips`: their labels, by how many heads
 */
export function agreement(runs) {
  const heads = runs[0].map((_, at) => runs.map((run) => run[at]));
  const flipping = heads.filter(
    (runsOfHead) => new Set(runsOfHead.map(({ label }) => label)).size > 1,
  );
  const kinds = new Map();
  for (const runsOfHead of flipping) {
    const labels = [...new Set(runsOfHead.map(({ label }) => label))].sort().join(" | ");
    kinds.set(labels, (kinds.get(labels) ?? 0) + 1);
  }
  return {
    heads: heads.length,
    same: heads.length - flipping.length,
    pairs: shareOfPairs(heads, (a, b) => a.label === b.label, 1),
    contradicting: shareOfPairs(
      heads,
      (a, b) => a.label !== b.label && !a.undecided && !b.undecided,
      0,
    ),
    flipping: flipping.length,
    flagged: flipping.filter((runsOfHead) => runsOfHead.some(({ undecided }) => undecided)).length,
    flips: [...kinds].sort((a, b) => b[1] - a[1]),
  };
}

/** Share of (head, two runs) that something holds of; `ofOne` for a single run. */
function shareOfPairs(heads, holds, ofOne) {
  let [hits, all] = [0, 0];
  for (const runs of heads)
    runs.forEach((run, at) =>
      runs.slice(at + 1).forEach((other) => {
        all += 1;
        hits += holds(run, other) ? 1 : 0;
      }),
    );
  return all === 0 ? ofOne : hits / all;
}

/** Share of heads that two lists of runs label alike, run by run. */
export function between(group, others) {
  const labels = group.flatMap((run, seed) =>
    run.map(({ label }, at) => label === others[seed][at].label),
  );
  return labels.filter(Boolean).length / labels.length;
}
