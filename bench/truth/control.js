/**
 * @file A model on its control input: the second block of every row is another one, so that nothing repeats, and the
 * verdict's own attention evidence is asked which heads attend like induction. Without that no label of the kind is given.
 */
import { attentionEvidence } from "../../dist/measure/verdict/attention.js";
import { attendsLikeInduction } from "../../dist/measure/verdict/rules.js";
import { openChain } from "../../dist/interventions/chain.js";
import { hooksFor } from "../../dist/interventions/units.js";
import { attentionRuns } from "../../dist/studies/verdict/attentionRuns.js";
import { verdictRows } from "../../dist/studies/verdict/verdictRows.js";

const COUNTS = { attention: 30, causal: 1, screening: 1, reference: 1, worth: 1 };
/** Seeds of rows that stand in for repeats lie this far from those of the controls. */
const OTHER_SEED = 5_000_011;

/** @returns the heads, layer.head */
export async function attendsOnControl(model, backend, seed) {
  const { architecture } = model;
  const [rows, others] = await Promise.all(
    [seed, seed + OTHER_SEED].map((each) => verdictRows(architecture, { seed: each }, COUNTS)),
  );
  const chain = await openChain(model, backend, {
    hooks: hooksFor(["head-out", "head-q", "head-pattern"]),
    metrics: ["centred-logit", "log-probability"],
    length: rows.causal.clean.shape[1],
    positions: rows.causal.positions.length,
    signal: undefined,
  });
  try {
    const periods = [];
    for (const [at, period] of rows.attention.entries()) {
      const control = { ...period, repeated: others.attention[at].disjoint };
      periods.push(
        await attentionRuns({ chain, model, log: undefined }, control, at === 0, () => undefined),
      );
    }
    return attentionEvidence(periods, { seed }).flatMap((evidence, index) => {
      const head = `${Math.floor(index / architecture.heads)}.${index % architecture.heads}`;
      return attendsLikeInduction(evidence) ? [head] : [];
    });
  } finally {
    await chain.close();
  }
}
