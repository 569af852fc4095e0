/** @file What is true of a trained model, what the verdict says of it, and what simpler methods rank its heads by. */
import { headName } from "../../dist/base/headName.js";
import { allHeads } from "../../dist/interventions/headNames.js";
import { attribution } from "../../dist/studies/attribution/attribution.js";
import { ablate } from "../../dist/studies/ablate/ablate.js";
import { circuit } from "../../dist/studies/circuit/circuit.js";
import { pathPatch } from "../../dist/studies/path/path.js";
import { score } from "../../dist/studies/score/score.js";
import { shapley } from "../../dist/studies/shapley/shapley.js";
import { verdict } from "../../dist/studies/verdict/verdict.js";

/** Rows of the truth have seeds of their own: the verdict never sees them. */
const TRUTH_SEED = 77;
const EXAMPLES = 16;

/** Exact Shapley values over all subsets, and every path from head to head into keys and queries. */
export async function truthOf(model, backend) {
  const options = { backend, seed: TRUTH_SEED, numExamples: EXAMPLES };
  const { copyGain, centredLogit, heads, design } = await shapley(model, options);
  if (design.kind !== "exact") throw new Error("the truth needs all subsets of heads");
  const values = Object.fromEntries(
    heads.map((head) => [
      headName(head),
      { copyGain: boundsOf(head.copyGain), centredLogit: boundsOf(head.centredLogit) },
    ]),
  );
  const whole = ({ all, none }) => ({ all, none });
  return {
    copyGain: whole(copyGain),
    centredLogit: whole(centredLogit),
    values,
    edges: await pathsOf(model, options),
  };
}

const boundsOf = ({ value, low, high }) => ({ value, low, high });

async function pathsOf(model, options) {
  const edges = [];
  for (const head of allHeads(model.architecture).filter(({ layer }) => layer > 0))
    for (const route of ["k", "q"]) {
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

/** Labels and flags of heads, and the edges of the circuit. */
export async function verdictOf(model, backend, seed) {
  const { heads, circuit: found } = await verdict(model, { backend, seed });
  return {
    heads: heads.map(({ layer, head, label, flags }) => ({
      name: headName({ layer, head }),
      label,
      flags,
    })),
    edges: found.edges.map(({ from, to, route }) => ({ from, to, route })),
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
