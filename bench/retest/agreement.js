/** @file How far verdicts of one model agree: runs are lists of { head, label, undecided } in the same order. */

/**
 * @returns heads; `same`: those with one label in all runs; `pairs`: share of (head, two runs) with equal labels; `flipping`: the
 *   other heads, `flagged` those of them that are undecided in at least one run; `flips`: their labels, by how many heads
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
    pairs: heads.reduce((sum, runsOfHead) => sum + equalPairs(runsOfHead), 0) / heads.length,
    flipping: flipping.length,
    flagged: flipping.filter((runsOfHead) => runsOfHead.some(({ undecided }) => undecided)).length,
    flips: [...kinds].sort((a, b) => b[1] - a[1]),
  };
}

/** Share of pairs of runs that give a head the same label; 1 for a single run. */
function equalPairs(runsOfHead) {
  let [equal, all] = [0, 0];
  runsOfHead.forEach((run, at) =>
    runsOfHead.slice(at + 1).forEach((other) => {
      all += 1;
      equal += run.label === other.label ? 1 : 0;
    }),
  );
  return all === 0 ? 1 : equal / all;
}

/** Share of heads that two lists of runs label alike, run by run. */
export function between(group, others) {
  const labels = group.flatMap((run, seed) =>
    run.map(({ label }, at) => label === others[seed][at].label),
  );
  return labels.filter(Boolean).length / labels.length;
}
