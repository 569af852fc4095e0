/** @file What the model reaches with some heads in place and the others ablated, example by example. */
import type { Tensor } from "../base/tensor.ts";
import type { Backend, Trace } from "../base/backend.ts";
import type { HeadAt } from "../base/headName.ts";
import type { Progress } from "../base/progress.ts";
import type { Replacement } from "../results/causalNames.ts";
import { ablationSources, type AllSources } from "./ablationSources.ts";
import { openChain, type Chain, type ChainOptions } from "./chain.ts";
import type { MetricFeeds } from "./chainRun.ts";
import { chunksOf, feedsFor } from "./chunks.ts";
import { metricValue } from "./metrics.ts";
import { openOutputLengths, type OutputLengths } from "./outputLengths.ts";
import { readCopyLosses } from "./readCopyLosses.ts";
import { takeRows } from "./rows.ts";
import { savedRun } from "./savedRun.ts";
import { hooksFor } from "./units.ts";
import { runVariants, type Variant, type VariantRuns } from "./variantRuns.ts";
import type { AblationRows } from "../inputs/ablationRows.ts";
import { nextTokens } from "../measure/nextTokens.ts";
import type { Coalition } from "../measure/shapley.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import type { LoadedModel } from "../models/loadedModel.ts";

const TAILS = ["token-loss", "token-centred-logit"] as const;
export const MEASURES = ["copyGain", "centredLogit"] as const;
export type MeasureName = (typeof MEASURES)[number];

/** By set of heads, one number per example. */
export type Worths = ReadonlyMap<Coalition, Readonly<Record<MeasureName, Float64Array>>>;

/** Heads that are removed, the sets of them that stay, and what a removed head becomes. */
export interface CoalitionPlan {
  readonly heads: readonly HeadAt[];
  readonly coalitions: readonly Coalition[];
  readonly kind: Replacement;
}

/** What sets of heads are removed with, from {@link withCoalitionRuns}. */
export interface CoalitionRuns {
  readonly chain: Chain;
  /** For the sized mean alone. */
  readonly lengths: OutputLengths | null;
}

export interface CoalitionStep extends CoalitionRuns {
  readonly rows: Pick<AblationRows, "tokens" | "reference" | "start" | "period">;
  readonly plan: CoalitionPlan;
  readonly progress?: Progress | undefined;
}

/** Opens what removing heads from rows of this layout needs, for as long as `work` takes. */
export async function withCoalitionRuns<Value>(
  model: LoadedModel,
  backend: Backend,
  {
    rows: { tokens, period },
    kind,
    ...options
  }: Pick<ChainOptions, "signal" | "log"> &
    Pick<CoalitionPlan, "kind"> & { readonly rows: Pick<AblationRows, "tokens" | "period"> },
  work: (runs: CoalitionRuns) => Promise<Value>,
): Promise<Value> {
  const length = tokens.shape[1]!;
  const chain = await openChain(model, backend, {
    hooks: hooksFor(["head-out"]),
    metrics: TAILS,
    length,
    positions: 2 * (period - 1),
    ...options,
  });
  const lengths = kind === "sized-mean" ? openOutputLengths(model, backend, length) : null;
  try {
    return await work({ chain, lengths });
  } finally {
    await lengths?.close();
    await chain.close();
  }
}

/** What stands in for heads of the rows, from their reference. */
export function coalitionSources(
  { chain, lengths }: CoalitionRuns,
  rows: CoalitionStep["rows"],
  kind: Replacement,
): Promise<AllSources> {
  return ablationSources(chain, rows, kind, feedsOf(rows, rows.tokens), lengths);
}

/** Positions that predict tokens 2 ... S of the first copy, then those of the second. */
function feedsOf(
  { start, period }: CoalitionStep["rows"],
  tokens: Tensor<Int32Array>,
): MetricFeeds {
  const copy = (begin: number) => Array.from({ length: period - 1 }, (_, offset) => begin + offset);
  return { targets: nextTokens(tokens), positions: [...copy(start), ...copy(start + period)] };
}

/** The worth of every set on `tokens`, which are the rows or others of the same layout. `name` says what is done, as progress. */
export async function coalitionWorths(
  { chain, rows, plan, progress }: CoalitionStep,
  sources: AllSources,
  tokens: Tensor<Int32Array>,
  name: string,
): Promise<Worths> {
  const examples = tokens.shape[0]!;
  const feeds = feedsOf(rows, tokens);
  const empty = () => new Float64Array(examples);
  const worths = new Map(
    plan.coalitions.map((set) => [set, { copyGain: empty(), centredLogit: empty() }]),
  );
  const total = plan.coalitions.length * examples;
  let done = 0;
  for (const chunk of chunksOf(examples, chain.rows)) {
    const chunkFeeds = feedsFor(feeds, chunk);
    const { saved } = await savedRun(chain, takeRows(tokens, chunk), chunkFeeds);
    const changes = await sources.forChunk(chunk, saved);
    const groups = [...byFirstLayer(plan)].map(([layer, sets]): VariantRuns => ({
      from: hookName(layer, "attn.hook_z"),
      ...{ base: saved, examples: chunk.length, feeds: chunkFeeds },
      variants: sets.map((set): Variant => variantOf(removedHeads(plan.heads, set), changes)),
      read: readWorth,
      store: ({ variant, example }, [copyGain, centredLogit]) => {
        const worth = worths.get(sets[variant]!)!;
        worth.copyGain[chunk[example]!] = copyGain!;
        worth.centredLogit[chunk[example]!] = centredLogit!;
      },
    }));
    await runVariants(chain, groups, (count) => progress?.(name, (done += count), total));
  }
  return worths;
}

/** Heads of the list that a set lacks. */
function removedHeads(heads: readonly HeadAt[], set: Coalition): HeadAt[] {
  return heads.filter((_, player) => ((set >> BigInt(player)) & 1n) === 0n);
}

/** A run begins at the first layer that it changes; that of all heads at the last. */
function byFirstLayer({ heads, coalitions }: CoalitionPlan): Map<number, Coalition[]> {
  const last = Math.max(...heads.map(({ layer }) => layer));
  const groups = new Map<number, Coalition[]>();
  for (const set of coalitions) {
    const layer = Math.min(last, ...removedHeads(heads, set).map((head) => head.layer));
    groups.set(layer, [...(groups.get(layer) ?? []), set]);
  }
  return groups;
}

function variantOf(
  heads: readonly HeadAt[],
  changes: Awaited<ReturnType<AllSources["forChunk"]>>,
): Variant {
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  return layers.map((layer) =>
    changes.ofHeads(
      layer,
      heads.filter((head) => head.layer === layer).map(({ head }) => head),
    ),
  );
}

/** Loss of the first copy less that of the second, and the mean centred logit of the second. */
function readWorth(trace: Trace, row: number): [number, number] {
  const [first, second] = readCopyLosses(trace, row);
  const { data, shape } = trace.get(metricValue("token-centred-logit"))!;
  const [positions, half] = [shape[1]!, shape[1]! / 2];
  const logits = data.subarray(row * positions + half, (row + 1) * positions);
  return [first - second, logits.reduce((sum, logit) => sum + logit, 0) / half];
}
