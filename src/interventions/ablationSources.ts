/** @file What an ablated head's output becomes: zero, a mean by position (as it is, or as long as the output), its output in another row or at the first token. */
import { sizeOf, tensor, type Tensor } from "../base/tensor.ts";
import type { AblationKind } from "../results/causalNames.ts";
import { feedsFor } from "./chunks.ts";
import { atOutputs, savedRun } from "./savedRun.ts";
import type { Chain } from "./chain.ts";
import type { MetricFeeds, State } from "./chainRun.ts";
import { meanOutputs } from "./meanOutputs.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import type { OutputLengths } from "./outputLengths.ts";
import { takeRows, valueOf } from "./rows.ts";
import { sizedMean } from "./sizedMean.ts";
import type { Change } from "./variantRuns.ts";

/** The changes of a few examples. */
export interface AblationSources {
  ofHeads(layer: number, heads: readonly number[]): Change;
  /** Keeps all patterns of a layer as they were; null if patterns may change. */
  readonly ofPatterns: ((layer: number) => Change) | null;
}

export interface AllSources {
  forChunk(chunk: readonly number[], base: State): Promise<AblationSources>;
}

const zName = (layer: number) => hookName(layer, "attn.hook_z");

/**
 * Reference rows run once for means, and a few at a time for samples: each row gets the reference row of its own number, and the
 * next one where the reference is the measured rows themselves.
 *
 * @param lengths for the sized mean alone
 */
export async function ablationSources(
  chain: Chain,
  { tokens, reference }: Readonly<Record<"tokens" | "reference", Tensor<Int32Array>>>,
  kind: AblationKind,
  feeds: MetricFeeds,
  lengths: OutputLengths | null,
): Promise<AllSources> {
  if (kind === "mean") {
    const means = await meanOutputs(chain, reference);
    return {
      forChunk: () => Promise.resolve(constantOutputs((layer) => means.get(zName(layer))!)),
    };
  }
  if (kind === "sized-mean") {
    const means = await meanOutputs(chain, reference);
    return { forChunk: (_, base) => sizedOutputs(base, means, lengths!) };
  }
  if (kind === "resample") {
    const rows = reference.shape[0]!;
    const shift = reference === tokens ? 1 : 0;
    return {
      async forChunk(chunk) {
        const others = takeRows(
          reference,
          chunk.map((example) => (example + shift) % rows),
        );
        const outputs = { saves: atOutputs };
        const { saved } = await savedRun(chain, others, feedsFor(feeds, chunk), outputs);
        const ofHeads = (layer: number, heads: readonly number[]) => ({
          value: zName(layer),
          source: valueOf(saved, zName(layer)),
          part: { heads },
        });
        return { ofHeads, ofPatterns: null };
      },
    };
  }
  if (kind === "redirect") return { forChunk: (_, base) => Promise.resolve(restingOutputs(base)) };
  return {
    forChunk: (_, base) =>
      Promise.resolve({
        ...constantOutputs((layer) => zeros(valueOf(base, zName(layer)))),
        ofPatterns: kind === "zero" ? null : (layer) => savedPatterns(base, layer),
      }),
  };
}

/** The mean as long as each example's own output in the run without ablations. */
async function sizedOutputs(
  base: State,
  means: ReadonlyMap<string, Tensor>,
  lengths: OutputLengths,
): Promise<AblationSources> {
  const outputs = new Map<number, Tensor>();
  for (let layer = 0; means.has(zName(layer)); layer++) {
    const [own, mean] = [valueOf(base, zName(layer)), means.get(zName(layer))!];
    outputs.set(layer, await sizedMean(lengths, layer, own, mean));
  }
  const ofHeads = (layer: number, heads: readonly number[]) => ({
    value: zName(layer),
    source: outputs.get(layer)!,
    part: { heads },
  });
  return { ofHeads, ofPatterns: null };
}

/**
 * Every position gets the head's output at the first token of its own row, which sees nothing else: all attention goes there. What is
 * ablated before changes nothing of it, since the first token's output is its own value in any case.
 */
function restingOutputs(base: State): AblationSources {
  const sources = new Map<number, Tensor>();
  const ofHeads = (layer: number, heads: readonly number[]) => {
    const source = sources.get(layer) ?? firstPositions(valueOf(base, zName(layer)));
    sources.set(layer, source);
    return { value: zName(layer), source, part: { heads } };
  };
  return { ofHeads, ofPatterns: null };
}

/** [batch, position, head, d_head] with the first position everywhere. */
function firstPositions({ axes, shape, data }: Tensor): Tensor {
  const [rows, positions, ...rest] = shape as readonly [number, number, ...number[]];
  const size = sizeOf(rest);
  const first = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const from = row * positions * size;
    for (let position = 0; position < positions; position++)
      first.set(data.subarray(from, from + size), from + position * size);
  }
  return tensor(axes, shape, first);
}

/** The same for every example. */
function constantOutputs(sourceOf: (layer: number) => Tensor): AblationSources {
  return {
    ofHeads: (layer, heads) => ({
      value: zName(layer),
      source: sourceOf(layer),
      part: { heads },
      exampleOf: () => 0,
    }),
    ofPatterns: null,
  };
}

function savedPatterns(base: State, layer: number): Change {
  const value = hookName(layer, "attn.hook_pattern");
  return { value, source: valueOf(base, value), part: {} };
}

function zeros({ axes, shape }: Tensor): Tensor {
  const rowShape = [1, ...shape.slice(1)];
  return tensor(axes, rowShape, new Float32Array(sizeOf(rowShape)));
}
