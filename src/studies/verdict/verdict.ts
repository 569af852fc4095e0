/** @file `verdict`: what each head is, by attention with controls, by what it writes, and by what is lost without it. */
import type { Backend } from "../../base/backend.ts";
import { canRun, checkCanRun } from "../common/canRun.ts";
import { overflowWords } from "../common/overflow.ts";
import { overSeeds } from "../common/overSeeds.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { random } from "../../base/random.ts";
import {
  attentionEvidence,
  type AttentionEvidence,
  type PeriodAttention,
} from "../../measure/verdict/attention.ts";
import type { Sight } from "../../measure/uniformScores.ts";
import { joinedNumbers, type CausalNumbers } from "../../measure/verdict/causal.ts";
import { atLeast } from "../../measure/verdict/estimate.ts";
import { attendsLikeInduction, behavioursOf } from "../../measure/verdict/rules.ts";
import { STRONG } from "../../measure/verdict/thresholds.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { VerdictResult } from "./result.ts";
import { forEachSight } from "../../inputs/windowReach.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { chainKeptAs, openChain, type ChainOptions } from "../../interventions/chain.ts";
import { allHeads } from "../../interventions/headNames.ts";
import { controlHeads } from "../../interventions/controlHeads.ts";
import type { HeadAt } from "../../base/headName.ts";
import { hooksFor, SCAN_HOOKS } from "../../interventions/units.ts";
import { attentionRuns } from "./attentionRuns.ts";
import { convolutionRuns, hasScans } from "./convolutionRuns.ts";
import { causalRuns, METRICS, type CausalHeads } from "./causalRuns.ts";
import { meanOutputs, type MeanOutputs } from "../../interventions/meanOutputs.ts";
import { openReaders, type Readers } from "./copyingRuns.ts";
import { openOutputLengths, type OutputLengths } from "../../interventions/outputLengths.ts";
import { finishedOnce } from "../../base/resumeLog.ts";
import { textEvidence, textWords } from "./textEvidence.ts";
import { upstreamEvidence } from "./upstreamEvidence.ts";
import { verdictResultOf } from "./buildResult.ts";
import { verdictSeeds } from "./seeds.ts";
import type { VerdictEvidence } from "./verdictEvidence.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { VERDICT_OPTIONS, verdictPlan, type VerdictOptions, type VerdictPlan } from "./plan.ts";
import { verdictRows } from "./verdictRows.ts";
import type { Work } from "./work.ts";
import { worthRuns } from "./worthRuns.ts";
import { weightEvidence } from "./weights.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * What each head of a model is, with the evidence.
 *
 * Attention at up to three periods, with controls, says what a head looks at. Heads that attend like induction, and random
 * heads of their layers, then go through causal runs: what they write, what their output restores, what is lost without
 * them, and which earlier heads they read. The rules are those of docs/verdict.md.
 *
 * @returns a label, evidence and reasons for every head, and the circuit. A model without structure has labels `first-token` and `other` only; at most one null
 *   model in twenty is meant to have any induction label (`npm run bench:truth` measures it)
 * @throws {InputError} "range" for a period under 4 tokens or sizes that do not fit, "tokens" for rows that cannot be used
 * @throws {UnableError} if memory does not suffice; @throws {AbortError} between two runs once `signal` is aborted
 */
export async function verdict(
  model: LoadedModel,
  options: VerdictOptions = {},
): Promise<VerdictResult> {
  checkOptionNames("verdict", options, VERDICT_OPTIONS);
  checkCanRun("verdict", model);
  const backend = await engineFor(model, options);
  const { seed: first = 0 } = options;
  const { seeds, results } = await overSeeds(options, (seedOptions) => {
    const { seed = 0, texts, soFar } = seedOptions;
    const ofFirst = seed === first ? { texts, soFar } : { texts: undefined, soFar: undefined };
    return verdictOnce(model, backend, { ...seedOptions, ...ofFirst });
  });
  return results.length === 1
    ? results[0]!
    : { ...results[0]!, seeds: verdictSeeds(seeds, results) };
}

/**
 * As `verdict` with one seed, but asks once attention is known whether that suffices: then heads that attend like induction have no
 * causal runs, and are in `screened.leftOut`.
 */
export async function verdictAsNeeded(
  model: LoadedModel,
  options: VerdictOptions,
  suffices: (byAttention: VerdictResult) => boolean,
): Promise<VerdictResult> {
  checkCanRun("verdict", model);
  return verdictOnce(model, await engineFor(model, options), options, suffices);
}

async function verdictOnce(
  model: LoadedModel,
  engine: Backend,
  options: VerdictOptions,
  suffices: (byAttention: VerdictResult) => boolean = () => false,
): Promise<VerdictResult> {
  const { log, signal, progress, soFar } = options;
  const plan = verdictPlan(options);
  const rows = await verdictRows(model.architecture, options, plan.extent.counts);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const { clean, positions } = rows.causal;
    const chain = await openChain(model, backend, {
      ...cutsOf(model),
      metrics: METRICS,
      length: clean.shape[1]!,
      positions: positions.length,
      signal,
    });
    const prepare = elapsed();
    try {
      const work = { model, backend, chain, rows, plan, log, signal, progress };
      const measured = await measure(work, (evidence) => {
        const byAttention = verdictResultOf(model, backend, evidence, plan, {});
        soFar?.(byAttention);
        return suffices(byAttention);
      });
      const timings = { prepare, run: elapsed() - prepare };
      const result = verdictResultOf(model, backend, measured, plan, timings);
      return options.texts ? await withText(work, result, options) : result;
    } finally {
      await chain.close();
    }
  });
}

/** Heads with causal runs on a text. */
const TEXT_HEADS = { quick: 8, full: 24 };

/** The Result with what its heads do on texts of the user. */
async function withText(
  { model, backend, plan, log, signal, progress }: Work,
  result: VerdictResult,
  { texts = [], bos }: VerdictOptions,
): Promise<VerdictResult> {
  const most = TEXT_HEADS[plan.quick ? "quick" : "full"];
  const evidence = await finishedOnce(log, "text", () =>
    textEvidence(model, backend, result.heads, { texts, bos, most }, { signal, progress }),
  );
  return { ...result, text: evidence, words: [...result.words, ...textWords(evidence)] };
}

/** Heads' queries and patterns can be changed; scans have no queries, and their patterns are only looked at. */
function cutsOf(model: LoadedModel): Pick<ChainOptions, "hooks" | "watchedHooks"> {
  return hasScans(model)
    ? { hooks: SCAN_HOOKS, watchedHooks: ["attn.hook_pattern"] }
    : { hooks: hooksFor(["head-out", "head-q", "head-pattern"]) };
}

async function measure(
  work: Work,
  suffices: (byAttention: VerdictEvidence) => boolean,
): Promise<VerdictEvidence> {
  const { model, rows, plan } = work;
  const { extent, seed } = plan;
  const attention = attentionEvidence(await attentionOf(work), {
    seed,
    isScan: scansOf(model),
    sightOf: sightsOf(model),
  });
  const all = allHeads(model.architecture);
  const attending = attendingHeads(all, attention);
  const none = { causal: null, upstream: null, convolution: null, weights: null };
  const noRuns = { heads: { candidates: [], nulls: [] }, lacking: [], worth: null, ...none };
  const byAttention = { rows, attention, leftOut: inOrder(attending), ...noRuns };
  if (attending.length > 0 && suffices(byAttention)) return byAttention;
  const candidates = inOrder(attending.slice(0, extent.candidates));
  const leftOut = inOrder(attending.slice(extent.candidates));
  const nulls = nullHeads(all, attention, candidates, attending, extent.nullHeads, seed);
  const heads = { candidates, nulls };
  const worthOf = async (upstream: VerdictEvidence["upstream"]) =>
    plan.matters ? await worthRuns(work, { candidates, upstream }) : null;
  if (candidates.length === 0) {
    const overflow = await overflowWords(model, work.backend); // norms make 0 of what overflows, and no head attends
    const lacking = overflow === null ? [] : [overflow];
    const worth = overflow === null ? await worthOf(null) : null;
    return { rows, attention, heads, leftOut, lacking, worth, ...none };
  }
  const causes = await causesOf(work, heads);
  return { rows, attention, heads, leftOut, ...causes, worth: await worthOf(causes.upstream) };
}

/** Heads that attend like induction, the one that surely does so most first. */
function attendingHeads(
  all: readonly HeadAt[],
  attention: readonly AttentionEvidence[],
): readonly HeadAt[] {
  return all
    .map((head, index) => ({ head, evidence: attention[index]! }))
    .filter(({ evidence }) => attendsLikeInduction(evidence))
    .sort((a, b) => atLeast(b.evidence.induction) - atLeast(a.evidence.induction))
    .map(({ head }) => head);
}

/** Whether heads, counted through all layers, are units of scans. */
function scansOf({ program, architecture }: LoadedModel): (head: number) => boolean {
  const { layers } = anatomy(program, architecture);
  const all = allHeads(architecture).map(({ layer }) => layers[layer]!.attention.scan !== null);
  return (head) => all[head]!;
}

/** What heads see, counted through all layers. */
function sightsOf({ architecture }: LoadedModel): (head: number) => Sight {
  const layers = forEachSight(architecture, (sight) => sight);
  const all = allHeads(architecture).map(({ layer }) => layers[layer] ?? null);
  return (head) => all[head] ?? null;
}

function inOrder(heads: readonly HeadAt[]): HeadAt[] {
  return heads.toSorted((a, b) => a.layer - b.layer || a.head - b.head);
}

async function attentionOf(work: Work): Promise<PeriodAttention[]> {
  const { rows, log, progress } = work;
  const total = rows.attention.reduce((sum, period) => sum + 3 * period.repeated.shape[0]!, 0);
  let done = 0;
  const periods: PeriodAttention[] = [];
  for (const period of rows.attention) {
    const before = done;
    periods.push(
      await finishedOnce(log, `attention ${period.period}`, () =>
        attentionRuns(work, period, period === rows.attention[0], (count) =>
          progress?.("attention", (done += count), total),
        ),
      ),
    );
    done = before + 3 * period.repeated.shape[0]!;
  }
  return periods;
}

/** Random heads of the candidates' layers that rest on the first token, look in part at themselves, or do nothing. */
function nullHeads(
  all: readonly HeadAt[],
  attention: readonly AttentionEvidence[],
  candidates: readonly HeadAt[],
  attending: readonly HeadAt[],
  count: number,
  seed: number,
): HeadAt[] {
  const quiet = (index: number) =>
    behavioursOf(attention[index]!).every(
      ({ name, value }) => name === "first-token" || (name === "current-token" && value < STRONG),
    );
  const pool = all.filter((_, index) => quiet(index));
  const draw = random(seed, 2);
  return inOrder(controlHeads(pool, count, { layersOf: candidates, not: attending, draw }));
}

async function causesOf(
  work: Work,
  heads: CausalHeads,
): Promise<Pick<VerdictEvidence, "causal" | "upstream" | "convolution" | "weights" | "lacking">> {
  const { model, backend, chain, rows, plan, log, signal, progress } = work;
  const layers = [...new Set([...heads.candidates, ...heads.nulls].map(({ layer }) => layer))];
  const readers = await openReaders(model, backend, chain, layers, rows.causal.positions.length);
  const lengths = openOutputLengths(model, backend, rows.causal.clean.shape[1]!);
  try {
    const causal = await causalNumbers(work, heads, { readers, lengths });
    const lacks = { paths: canRun("path", model), weights: canRun("circuit", model) };
    const upstream =
      lacks.paths === null
        ? await upstreamEvidence(work, heads.candidates, readers, plan.extent.routes)
        : null;
    const convolution = hasScans(model) ? await convolutionRuns(work, heads.candidates) : null;
    throwIfAborted(signal);
    const weights =
      plan.quick || lacks.weights !== null
        ? null
        : await finishedOnce(log, "weights", () =>
            weightEvidence(model, backend, heads.candidates, signal, (done, total) =>
              progress?.("composing heads", done, total),
            ),
          );
    return { causal, upstream, convolution, weights, lacking: lackingWords(lacks, plan, model) };
  } finally {
    await lengths.close();
    await readers?.close();
  }
}

function lackingWords(
  { paths, weights }: Readonly<Record<"paths" | "weights", string | null>>,
  { quick }: VerdictPlan,
  model: LoadedModel,
): string[] {
  return [
    ...(hasScans(model)
      ? [
          "what acts through the patterns of later layers is not told apart: the pattern of a state-space layer cannot be kept as it was",
        ]
      : []),
    ...(paths === null ? [] : [`paths into the candidates were not followed: ${paths}`]),
    ...(weights === null || quick ? [] : [`weights of heads were not compared: ${weights}`]),
  ];
}

/** All examples, a few at a time; means of the reference rows are only made if something is left to do. */
async function causalNumbers(
  { chain, rows, log, progress }: Work,
  heads: CausalHeads,
  open: { readonly readers: Readers | null; readonly lengths: OutputLengths },
): Promise<CausalNumbers> {
  const { causal } = rows;
  const chunks = chunksOf(causal.clean.shape[0]!, chain.rows);
  const [candidates, nulls] = [heads.candidates.length, heads.nulls.length];
  const variants = 8 * candidates + 3 * nulls;
  const total = causal.reference.shape[0]! + variants * causal.clean.shape[0]!;
  let done = 0;
  const advance = (count: number) => progress?.("restoring and ablating", (done += count), total);
  let means: Promise<MeanOutputs> | null = null;
  const all: CausalNumbers[] = [];
  for (const chunk of chunks) {
    const before = done;
    all.push(
      await finishedOnce(log, `causal ${chunk.join(" ")}`, async () => {
        means ??= meanOutputs(chain, causal.reference, advance);
        const shared = { rows: causal, heads, means: await means, ...open, progress: advance };
        const loggedChain = chainKeptAs(chain, log, `causal ${chunk[0]!} run`);
        return causalRuns({ chain: loggedChain, ...shared }, chunk);
      }),
    );
    done = Math.max(done, before + variants * chunk.length);
  }
  return all.reduce(joinedNumbers);
}
