/** @file What is true of a trained model, what the verdict says of it, and what simpler methods rank its heads by. */
import { headName } from "../../dist/base/headName.js";
import { ablationRows } from "../../dist/inputs/ablationRows.js";
import {
  coalitionSources,
  coalitionWorths,
  withCoalitionRuns,
} from "../../dist/interventions/coalitionRuns.js";
import { allHeads } from "../../dist/interventions/headNames.js";
import { shapleyDesign } from "../../dist/measure/shapleyDesign.js";
import { shapleyValues } from "../../dist/measure/shapleyValues.js";
import { attribution } from "../../dist/studies/attribution/attribution.js";
import { ablate } from "../../dist/studies/ablate/ablate.js";
import { circuit } from "../../dist/studies/circuit/circuit.js";
import { pathPatch } from "../../dist/studies/path/path.js";
import { score } from "../../dist/studies/score/score.js";
import { verdict } from "../../dist/studies/verdict/verdict.js";

/** Rows of the truth have seeds of their own: the verdict never sees them. */
const TRUTH_SEED = 77;
const EXAMPLES = 16;
/** Of exact values: heads near the threshold need many rows. */
const VALUE_EXAMPLES = 64;

/** Exact Shapley values over all subsets: { copyGain: { all, none }, values: head -> { value, low, high } }. */
export async function valuesOf(model, backend) {
  const heads = allHeads(model.architecture);
  const rows = await ablationRows(model.architecture, {
    seed: TRUTH_SEED,
    numExamples: VALUE_EXAMPLES,
  });
  const kind = /** @type {const} */ ("sized-mean");
  const design = shapleyDesign(heads.length, { mostExact: heads.length, pairs: 0, seed: 0 });
  return withCoalitionRuns(model, backend, { rows, kind }, async (runs) => {
    const step = { ...runs, rows, plan: { heads, coalitions: design.coalitions, kind } };
    const sources = await coalitionSources(runs, rows, kind);
    const worths = await coalitionWorths(step, sources, rows.tokens, "");
    const { all, none, values } = shapleyValues(design, (set) => worths.get(set).copyGain);
    const entries = heads.map((head, player) => [headName(head), boundsOf(values[player])]);
    return { copyGain: { all, none }, values: Object.fromEntries(entries) };
  });
}

const boundsOf = ({ value, low, high }) => ({ value, low, high });

/** Every path from head to head into keys and queries. */
export async function pathsOf(model, backend) {
  const options = { backend, seed: TRUTH_SEED, numExamples: EXAMPLES };
  const edges = [];
  for (const head of allHeads(model.architecture).filter(({ layer }) => layer > 0))
    for (const route of /** @type {const} */ (["k", "q"])) {
      const { metric, paths } = await pathPatch(model, {
        ...options,
        into: [headName(head)],
        route,
      });
      for (const { from, drop, interval } of paths)
        edges.push({
          from: from[0],
          to: headName(head),
          route,
          stripe: metric.clean,
          drop,
          interval,
        });
    }
  return edges;
}

/** Labels, flags and worth of heads, every path that was measured, and those of the circuit. */
export async function verdictOf(model, backend, seed) {
  const { heads, circuit: edges, worth } = await verdict(model, { backend, seed, matters: true });
  return {
    copies: worth.copies,
    examples: worth.examples,
    heads: heads.map(({ layer, head, label, flags, worth: own }) => ({
      name: headName({ layer, head }),
      label,
      flags,
      worth: own,
    })),
    paths: heads.flatMap(({ layer, head, evidence }) =>
      evidence.upstream.map(({ layer: from, head: source, route, effect, low, high }) => ({
        from: headName({ layer: from, head: source }),
        to: headName({ layer, head }),
        ...{ route, effect, low, high },
      })),
    ),
    edges: edges.edges.map(({ from, to, route }) => ({ from, to, route })),
  };
}

/** One number for every head by each method. */
export async function baselinesOf(model, backend, seed) {
  const options = { backend, seed, numExamples: EXAMPLES };
  const { scores } = await score(model, { ...options, lossExamples: 0 });
  const { copying } = await circuit(model, { backend });
  const { heads: ablated } = await ablate(model, { ...options, kind: "mean" });
  const { units } = await attribution(model, { ...options, units: ["head-out"], raw: true });
  const shares = copying.effective ?? copying.full;
  const { firstCopy, secondCopy } = ablated.delta;
  return Object.fromEntries(
    allHeads(model.architecture).map(({ layer, head }) => [
      headName({ layer, head }),
      {
        attention: scores.induction[layer][head],
        eigenvalues: Math.abs(shares[layer][head] ?? 0),
        ablation: Math.abs(secondCopy[layer][head] - firstCopy[layer][head]),
        attribution: Math.abs(units[0].change[layer][head]),
      },
    ]),
  );
}
