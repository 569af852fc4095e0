/** @file `certify`: a lower bound on an induction head's attention to its target on every sequence of a family, from weights. */
import { progressOfStep } from "../../base/progress.ts";
import type { Backend } from "../../base/backend.ts";
import { headName } from "../../base/headName.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { checkOptionNames } from "../../base/optionNames.ts";
import { certificate, type Certificate } from "../../measure/certificate/certificate.ts";
import { lengthOf, startOf, type Family } from "../../measure/certificate/certifiedModel.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { turn } from "../../runtime/turn.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { checkCanRun } from "../common/canRun.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { modelNumbers } from "./modelNumbers.ts";
import { CERTIFY_OPTIONS, certifyPlan, type CertifyOptions, type CertifyPlan } from "./plan.ts";
import type { CertifyResult } from "./result.ts";
import { openSearcher, type Low, type RandomMeans } from "./search.ts";
import { wordsOf } from "./words.ts";

/**
 * Proves how much attention an induction head pays to its target, on all sequences [BOS] r r of a family at once.
 *
 * r are S different tokens of an alphabet. For every query q of the second copy, whatever r is, A[q, q - S + 1] >= least. Nothing
 * is sampled: the bound follows from the weights in outward-rounded arithmetic (`measure/certificate/attentionBound`). The
 * least that random and adversarial sequences reach stands beside it. It is a theorem about the real function that weights, rotary tables and
 * the configuration define; an engine computes it in float32, some 1e-6 off.
 *
 * @returns bounds from 0 to 1. A head is certified above what uniform attention pays; 0 for a model without the circuit
 * @throws {InputError} "study" for models that the theorem does not cover, "options", "range", "unknown-head"
 * @throws {AbortError} once `signal` is aborted
 * @see Gross et al. 2024, compact proofs of model performance; theirs bound accuracy of one-layer models
 */
export async function certify(
  model: LoadedModel,
  options: CertifyOptions = {},
): Promise<CertifyResult> {
  checkOptionNames("certify", options, CERTIFY_OPTIONS);
  checkCanRun("certify", model);
  const engine = await engineFor(model, options);
  const plan = certifyPlan(model.architecture, options);
  const { signal, progress } = options;
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const searcher = await openSearcher(model, backend, plan, signal);
    try {
      const random = await searcher.atRandom();
      const heads = plan.heads ?? [best(random.means)];
      const numbers = await modelNumbers(model, backend, plan.family, plan.ids);
      const searched = elapsed();
      const proof = await certificate(numbers, plan.family, {
        heads,
        progress: progressOfStep(progress, "bounding queries"),
        pause: async () => {
          throwIfAborted(signal);
          await turn();
        },
      });
      const proved = elapsed();
      const lows = new Map<number, { low: Low; trials: number }>();
      for (const [index, head] of heads.entries()) {
        lows.set(head, await searcher.downhill(head, random.lows[head]!));
        progress?.("searching for the least", index + 1, heads.length);
      }
      const timings = { random: searched, proof: proved - searched, search: elapsed() - proved };
      return resultOf(model, backend, { plan, random, proof, lows, timings });
    } finally {
      await searcher.close();
    }
  });
}

function best(means: readonly number[]): number {
  return means.indexOf(Math.max(...means));
}

interface FoundBounds {
  readonly plan: CertifyPlan;
  readonly random: RandomMeans;
  readonly proof: Certificate;
  readonly lows: ReadonlyMap<number, { low: Low; trials: number }>;
  readonly timings: Record<string, number>;
}

function resultOf(
  model: LoadedModel,
  backend: Backend,
  { plan, random, proof, lows, timings }: FoundBounds,
): CertifyResult {
  const { family } = plan;
  const uniform = 1 / (startOf(family) + family.period + 1);
  const result = {
    ...beginResult("induction-lens/certify@1"),
    ...headerOf(model, plan.info, plan.warnings),
    family: { ...family, positions: lengthOf(family), sequences: sequencesIn(family) },
    uniform,
    heads: proof.heads.map((head) => headOf(head, plan, random, lows.get(head.head)!.low, uniform)),
    before: proof.before.map((least, head) => ({ layer: 0, head, least })),
    accuracy: { proved: proof.accuracy, found: random.accuracy },
    search: {
      random: plan.examples,
      adversarial: [...lows.values()].reduce((sum, { trials }) => sum + trials, 0),
      seed: plan.seed,
    },
    assumptions: [...ASSUMPTIONS],
  };
  return { ...result, words: wordsOf(result), ...footerOf(backend, timings) };
}

/** Float32 may put a measured attention this far below a true bound. */
const ENGINE_ERROR = 1e-4;

function headOf(
  { head, least, mean, worst, without }: Certificate["heads"][number],
  { ids }: CertifyPlan,
  measured: RandomMeans,
  low: Low,
  uniform: number,
): CertifyResult["heads"][number] {
  const at = { layer: 1, head };
  if (!(low.least >= least - ENGINE_ERROR))
    throw new Error(
      `internal: ${headName(at)} is proved to attend with ${least} at least, and attends with ${low.least} on ${low.tokens.join(" ")}`,
    );
  const { before } = worst;
  return {
    ...at,
    certified: least > uniform,
    least,
    mean,
    worst: {
      position: worst.position,
      token: ids[worst.token]!,
      before: before === null ? null : ids[before]!,
      target: ids[worst.target]!,
    },
    found: {
      least: low.least,
      mean: measured.means[head]!,
      tokens: [...low.tokens],
      position: low.position,
    },
    looseness: low.least - least,
    without: { ...without },
  };
}

/** N! / (N - S)! */
function sequencesIn({ tokens, period }: Family): number {
  return Array.from({ length: period }, (_, place) => tokens - place).reduce((a, b) => a * b, 1);
}

const ASSUMPTIONS = [
  "the model is the real function that its weights (as stored), its configuration and the float32 tables of its rotary positions define; engines compute it in float32, which the proof does not cover",
  "sequences are exactly those of the family: BOS where it is on, then S different tokens of the alphabet twice; nothing is said of other tokens, lengths or repeats",
  "float64 operations of this machine are rounded as IEEE 754 says (to nearest); exp is our own series",
  "the proof is by this program, and nobody but its tests checks the program",
];
