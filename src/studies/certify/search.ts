/** @file Looks for the sequences of a family on which heads attend least to their targets: at random, then by small changes. */
import type { Backend } from "../../base/backend.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { random, type Random } from "../../base/random.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { slice } from "../../graph/edits/slice.ts";
import { startOf, type Family } from "../../measure/certificate/certifiedModel.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import { requirePart } from "../../models/anatomy/programAnatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import type { CertifyPlan } from "./plan.ts";

/** The least attention of a head to its target that a sequence has. */
export interface Low {
  readonly least: number;
  readonly tokens: readonly number[];
  readonly position: number;
}

export interface RandomMeans {
  /** [head] of the second layer, over the random sequences. */
  readonly means: readonly number[];
  readonly lows: readonly Low[];
  /** Share of next tokens in the second copy that are the model's first choice. */
  readonly accuracy: number;
}

export interface Searcher {
  /** Measures the plan's random sequences. */
  atRandom(): Promise<RandomMeans>;
  /** The least that changes of a low sequence and of random ones find, and how many were tried. */
  downhill(head: number, from: Low): Promise<{ low: Low; trials: number }>;
  close(): Promise<void>;
}

/** Sequences in one run. */
const BATCH = 32;

export async function openSearcher(
  model: LoadedModel,
  backend: Backend,
  plan: CertifyPlan,
  signal: AbortSignal | undefined,
): Promise<Searcher> {
  const { layers, logits } = anatomy(model.program, model.architecture);
  const pattern = layers[1]!.attention.pattern;
  const outputs = [pattern, requirePart(logits).value];
  const session = await prepare(slice(model.program, { outputs }), backend, {
    batch: BATCH,
    position: plan.info.length,
  });
  const measure = (blocks: readonly (readonly number[])[]) => {
    throwIfAborted(signal);
    return measureBlocks(session, plan, blocks, outputs as [string, string]);
  };
  return {
    atRandom: () => atRandom(plan, measure),
    downhill: (head, from) => downhill(plan, head, from, measure),
    close: () => session.close(),
  };
}

interface BatchMeasures {
  /** [sequence][head]: least and sum over queries. */
  readonly lows: readonly (readonly Low[])[];
  readonly sums: readonly number[][];
  readonly right: number;
}

type Measure = (blocks: readonly (readonly number[])[]) => Promise<BatchMeasures>;

async function measureBlocks(
  session: Session,
  { family, bosToken }: CertifyPlan,
  blocks: readonly (readonly number[])[],
  [pattern, logits]: readonly [string, string],
): Promise<BatchMeasures> {
  const rows = blocks.map((block) => [
    ...(bosToken === null ? [] : [bosToken]),
    ...block,
    ...block,
  ]);
  const length = rows[0]!.length;
  const tokens = tensor(["batch", "position"], [rows.length, length], Int32Array.from(rows.flat()));
  const trace = await session.run(new Map([["tokens", tokens]]));
  const each = rows.map((row, index) => lowsOf(trace.get(pattern)!, family, row, index));
  return {
    lows: each.map(({ lows }) => lows),
    sums: each.map(({ sums }) => sums),
    right: rightIn(trace.get(logits)!, family, rows),
  };
}

/** @param pattern [batch, head, query, key] */
function lowsOf({ data, shape }: Tensor, family: Family, tokens: readonly number[], row: number) {
  const [, heads, length] = shape as readonly [number, number, number];
  const sums = new Array<number>(heads).fill(0);
  const lows = sums.map((_, head): Low => {
    let low: Low = { least: Infinity, tokens, position: 0 };
    for (let query = startOf(family) + family.period; query < length; query++) {
      const at = ((row * heads + head) * length + query) * length + query - family.period + 1;
      sums[head]! += data[at]!;
      if (data[at]! < low.least) low = { least: data[at]!, tokens, position: query };
    }
    return low;
  });
  return { lows, sums };
}

/** @param logits [batch, position, d_vocab] */
function rightIn({ data, shape }: Tensor, family: Family, rows: readonly (readonly number[])[]) {
  const [, length, vocabulary] = shape as readonly [number, number, number];
  let right = 0;
  rows.forEach((tokens, row) => {
    for (let query = startOf(family) + family.period; query < length - 1; query++) {
      const at = (row * length + query) * vocabulary;
      const next = data[at + tokens[query + 1]!]!;
      const better = data.subarray(at, at + vocabulary).filter((value) => value >= next).length;
      right += better === 1 ? 1 : 0;
    }
  });
  return right;
}

async function atRandom(plan: CertifyPlan, measure: Measure): Promise<RandomMeans> {
  const { family, examples, seed } = plan;
  const draw = random(seed, 41);
  const sums: number[] = [];
  const lows: Low[] = [];
  let right = 0;
  for (let done = 0; done < examples; done += BATCH) {
    const blocks = Array.from({ length: Math.min(BATCH, examples - done) }, () =>
      blockOf(plan, draw),
    );
    const batch = await measure(blocks);
    batch.sums.forEach((rowSums) =>
      rowSums.forEach((sum, head) => (sums[head] = (sums[head] ?? 0) + sum)),
    );
    batch.lows.forEach((rowLows) =>
      rowLows.forEach((low, head) => {
        if (!lows[head] || low.least < lows[head].least) lows[head] = low;
      }),
    );
    right += batch.right;
    await turn();
  }
  return {
    means: sums.map((sum) => sum / (examples * family.period)),
    lows,
    accuracy: right / (examples * (family.period - 1)),
  };
}

function blockOf({ family, ids }: CertifyPlan, draw: Random): number[] {
  return draw.distinct(family.period, family.tokens).map((token) => ids[token]!);
}

/** Sequences that are changed side by side: each goes on from its own lowest. */
async function downhill(
  plan: CertifyPlan,
  head: number,
  from: Low,
  measure: Measure,
): Promise<{ low: Low; trials: number }> {
  const { family, rounds, seed } = plan;
  const draw = random(seed, 42 + head);
  const blockIn = ({ tokens }: Low) =>
    tokens.slice(startOf(family), startOf(family) + family.period);
  const lowsOn = async (blocks: readonly (readonly number[])[]) =>
    (await measure(blocks)).lows.map((rowLows) => rowLows[head]!);
  const others = Array.from({ length: BATCH - 1 }, () => blockOf(plan, draw));
  let lows = await lowsOn([blockIn(from), ...others]);
  for (let round = 0; round < rounds; round++) {
    const trials = await lowsOn(lows.map((low) => changedBlock(plan, blockIn(low), draw)));
    lows = lows.map((low, at) => (trials[at]!.least < low.least ? trials[at]! : low));
    await turn();
  }
  const low = lows.reduce((best, candidate) => (candidate.least < best.least ? candidate : best));
  return { low, trials: BATCH * (rounds + 1) };
}

/** Two places exchanged, or one token replaced by one that is not there. */
function changedBlock(
  { ids, family }: CertifyPlan,
  block: readonly number[],
  draw: Random,
): number[] {
  const others = ids.slice(0, family.tokens).filter((id) => !block.includes(id));
  const place = draw.integer(0, block.length - 1);
  if (others.length > 0 && draw.uniform() < 0.6)
    return block.with(place, others[draw.integer(0, others.length - 1)]!);
  const other = draw.integer(0, block.length - 1);
  return block.with(place, block[other]!).with(other, block[place]!);
}
