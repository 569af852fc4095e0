/** @file `ablate`: the losses of both copies without some heads, or with ideal patterns in place of their own. */
import { InputError } from "../../base/errors.ts";
import { checkCanRun } from "../common/canRun.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { AblateResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { score } from "../score/score.ts";
import { ablateResultOf } from "./buildResult.ts";
import { curveJobs } from "./ablationCurve.ts";
import { ablationRows, type AblationRows } from "../../inputs/ablationRows.ts";
import { ablations, jobName, type AblationJob, type Ablations } from "./ablationRuns.ts";
import { openChain } from "../../interventions/chain.ts";
import { openOutputLengths } from "../../interventions/outputLengths.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { OTHER_SEEDS } from "../../inputs/otherSeeds.ts";
import { minimalSets, type Ranking } from "./minimalSets.ts";
import { overflowWords } from "../common/overflow.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import {
  ABLATE_OPTIONS,
  ablationChoice,
  ablationPlan,
  type AblateOptions,
  type AblationPlan,
} from "./plan.ts";
import { hooksFor } from "../../interventions/units.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * Ablates heads one by one, in sets, or beside others that every run ablates, and reads the loss of both copies.
 *
 * zero: z = 0. mean: z[position] = mean over the reference rows. sized-mean: that mean as long as z, so that norms divide by as
 * much as before and content alone is lost. resample: z of a reference row. redirect: A[q, 0] = 1, z of the
 * row's first token everywhere, which is how a head rests. pattern-preserving: z = 0 while every attention pattern stays that of the
 * run without it, so that only values change. What comes before the first
 * ablated head is not computed again.
 *
 * @returns changes of the loss in nats; 0 for a head that does nothing. Above 0: the head helped
 * @throws {InputError} "unknown-head", and as {@link ablationRows}; @throws {UnableError} if memory does not suffice
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see Olsson et al. 2022, full and pattern-preserving ablation; Stolfo et al. 2024 (arXiv:2406.16254), patterns forced to BOS; ARENA zeroes v, which is the same only without b_V
 */
export async function ablate(
  model: LoadedModel,
  options: AblateOptions = {},
): Promise<AblateResult> {
  checkOptionNames("ablate", options, ABLATE_OPTIONS);
  const { kind, idealise = [] } = options;
  const atPatterns = kind === "pattern-preserving" || kind === "redirect" || idealise.length > 0;
  checkCanRun("ablate", model);
  if (options.maskToken !== undefined)
    throw new InputError("options", "`maskToken` is for encoders of text", { option: "maskToken" });
  if (options.images !== undefined)
    throw new InputError("options", "`images` is for towers of images", { option: "images" });
  if (atPatterns) checkCanRun("ablate with patterns", model);
  const engine = await engineFor(model, options);
  const { architecture } = model;
  const choice = ablationChoice(architecture, options);
  const rows = await ablationRows(architecture, options);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const scores =
      options.curve || options.minimal
        ? await inductionScores(model, backend, rows, options)
        : null;
    const plan = ablationPlan(architecture, choice, options, scores, rows.info.seed ?? 0);
    const withPatterns = plan.kind === "pattern-preserving" || plan.ideal.length > 0;
    const chain = await openChain(model, backend, {
      hooks: hooksFor(["head-out", ...(withPatterns ? (["head-pattern"] as const) : [])]),
      metrics: ["token-loss"],
      length: rows.info.length,
      positions: 2 * (rows.period - 1),
      signal: options.signal,
      log: options.log,
    });
    const lengths =
      plan.kind === "sized-mean" ? openOutputLengths(model, backend, rows.info.length) : null;
    const prepare = elapsed();
    try {
      const runs = await ablations(chain, rows, plan.kind, lengths, options.progress);
      const losses = await runs.run(distinctJobs(plan), "ablating");
      const { minimalShare: share } = plan;
      const minimal =
        share === null
          ? null
          : await minimalSets(
              runs,
              await freshRuns(model, runs, options),
              rankingOf(plan, losses),
              share,
            );
      const blind = isSame([...losses.values()]) ? await overflowWords(model, backend) : null;
      const warned = { ...rows, warnings: [...rows.warnings, ...(blind === null ? [] : [blind])] };
      const timings = { prepare, run: elapsed() - prepare };
      return ablateResultOf(model, backend, warned, plan, losses, minimal, timings);
    } finally {
      await lengths?.close();
      await chain.close();
    }
  });
}

/** Whether nothing that was ablated changes anything: norms make 0 of what overflows, and no head writes. */
function isSame(losses: readonly object[]): boolean {
  return losses.length > 1 && new Set(losses.map((each) => JSON.stringify(each))).size === 1;
}

/** [layer][head], on the rows that are measured. */
async function inductionScores(
  model: LoadedModel,
  backend: Backend,
  { tokens, period, info }: AblationRows,
  { signal, progress }: AblateOptions,
): Promise<readonly (readonly number[])[]> {
  const rows = Array.from({ length: info.examples }, (_, row) => [
    ...tokens.data.subarray(row * info.length, (row + 1) * info.length),
  ]);
  const { scores } = await score(model, {
    backend,
    rows: { tokens: rows, period, bos: info.bos },
    lossExamples: 0,
    signal,
    progress,
  });
  return scores.induction;
}

/** Rows that no search has seen; the user's own rows are all there are. */
async function freshRuns({ architecture }: LoadedModel, runs: Ablations, options: AblateOptions) {
  if (options.rows) return { runs, what: "the rows of the search themselves" };
  const seed = (options.seed ?? 0) + OTHER_SEEDS.fresh;
  const seqLen = 2 * runs.rows.period;
  const rows = await ablationRows(architecture, { ...options, seed, seqLen });
  return { runs: runs.of(rows), what: `repeated rows of seed ${seed}` };
}

function rankingOf(
  { baseHeads, each, byScore }: AblationPlan,
  losses: ReadonlyMap<string, { readonly secondCopy: Float64Array }>,
): Ranking {
  const cost = (head: HeadAt) =>
    losses.get(jobName({ heads: [...baseHeads, head] }))!.secondCopy.reduce((sum, x) => sum + x, 0);
  return { baseHeads, byScore, byCost: each.toSorted((a, b) => cost(b) - cost(a)) };
}

/** Every run that the plan needs, once: the base heads alone, each head, each set and what tells its parts. */
function distinctJobs({ baseHeads, each, sets, ideal, curve }: AblationPlan): AblationJob[] {
  const all: AblationJob[] = [
    { heads: baseHeads },
    ...each.map((head) => ({ heads: [...baseHeads, head] })),
    ...sets.flatMap((set) => [
      { heads: [...baseHeads, ...set] },
      ...set.map((head) => ({ heads: [...baseHeads, head] })),
      ...set.map((head) => ({
        heads: [...baseHeads, ...set.filter((other) => headName(other) !== headName(head))],
      })),
    ]),
    ...ideal.flatMap((job) => [
      { heads: [...baseHeads, job.head] },
      { heads: baseHeads, ideal: job },
    ]),
    ...(curve ? curveJobs(curve, baseHeads) : []),
  ];
  return [...new Map(all.map((job) => [jobName(job), job])).values()];
}
