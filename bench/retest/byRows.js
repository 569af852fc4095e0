/**
 * @file How far labels by attention agree between draws of so many rows: a pool of rows is run once, and draws are taken from it with
 * replacement, at each period others. Says whether more rows would pay, and what a design saves that draws more for undecided heads alone.
 */
import { random } from "../../dist/base/random.js";
import { attentionEvidence } from "../../dist/measure/verdict/attention.js";
import { verdictOf } from "../../dist/measure/verdict/rules.js";
import { verdictAsNeeded } from "../../dist/studies/verdict/verdict.js";
import { agreement } from "./agreement.js";

const SEED = 90_001;

/** Attention of every head on `pool` rows of each kind and period. */
async function attentionPool(model, backend, pool) {
  const steps = new Map();
  const log = { get: (key) => steps.get(key), set: (key, value) => void steps.set(key, value) };
  const options = { backend, quick: true, numExamples: pool, seed: SEED, log };
  await verdictAsNeeded(model, options, () => true);
  return [...steps].filter(([key]) => /^attention \d+$/.test(key)).map(([, period]) => period);
}

function picked(period, rows, pool) {
  const scores = (all) =>
    Object.fromEntries(
      Object.entries(all).map(([name, heads]) => [
        name,
        heads.map((values) => rows.map((row) => values[row])),
      ]),
    );
  const share = (values) => values.map((value) => (value * rows.length) / pool);
  return {
    ...period,
    repeated: scores(period.repeated),
    disjoint: scores(period.disjoint),
    reshuffled: scores(period.reshuffled),
    scan: period.scan.map(({ sums, squares }) => ({ sums: share(sums), squares: share(squares) })),
  };
}

/**
 * @returns for each size: agreement of `draws` draws, the share of heads that are undecided, and the share of layers up to the last of
 *   these: what more rows for undecided heads alone would cost
 */
export async function agreementByRows(model, backend, { pool, sizes, draws }) {
  const periods = await attentionPool(model, backend, pool);
  const { layers, heads } = model.architecture;
  const draw = random(SEED);
  return sizes.map((size) => {
    const runs = Array.from({ length: draws }, (_, seed) => {
      const rows = () => Array.from({ length: size }, () => draw.integer(0, pool - 1));
      const evidence = attentionEvidence(
        periods.map((period) => picked(period, rows(), pool)),
        { seed },
      );
      return evidence.map((attention) => {
        const { label, flags, behaviours } = verdictOf({ attention, causal: null, scale: null });
        const attends = behaviours.some(({ name }) => name === "induction");
        const undecided = flags.includes("undecided") && !(attends && label === "other");
        return { label: attends && label === "other" ? "attends" : label, undecided };
      });
    });
    const undecided = runs.map((run) => run.filter((head) => head.undecided).length / run.length);
    const last = runs.map((run) => run.findLastIndex((head) => head.undecided));
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      size,
      ...agreement(runs),
      undecided: mean(undecided),
      layers: mean(last.map((head) => (Math.floor(head / heads) + 1) / layers)),
    };
  });
}
