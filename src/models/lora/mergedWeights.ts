/** @file The weights of a base with a LoRA adapter merged in: W + scale * B A, computed when a row is read. */
import type { StoredTensor, Weights } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";
import { computedTensor } from "../../formats/computedTensor.ts";
import type { Checkpoint } from "../../formats/checkpoint.ts";
import { readTensor } from "../../formats/readTensor.ts";
import { isTarget, scaleOf, type AdapterConfig } from "./adapterConfig.ts";

/** What an adapter has for one module. */
interface Parts {
  A?: StoredTensor;
  B?: StoredTensor;
  magnitude?: StoredTensor;
  /** Whether A and B are those of an embedding, whose table is the transpose of a matrix. */
  embedding?: boolean;
}

export interface MergeOptions {
  /** Modules that keep their matrix as [in, out]: GPT-2's Conv1D. */
  readonly isTransposed: (module: string) => boolean;
  /** The embedding, where it is the unembedding too. */
  readonly tied: StoredTensor | null;
  /** Whether an embedding that the adapter has as a whole is the unembedding too: `ensure_weight_tying`. */
  readonly keepsTie: boolean;
  /** For messages. */
  readonly path: string;
}

/**
 * The checkpoint of the base with every module of the adapter merged, and whole tensors that the adapter has in place of the
 * base's.
 *
 * With W [out, in], B [out, r], A [r, in]: W + scale * B A. DoRA: each row of that is brought to the length that the
 * adapter's magnitude gives it.
 *
 * @throws {InputError} "weights" with every mismatch: modules that the base or `target_modules` does not have, ranks that
 *   are not the configuration's, tensors without a place
 * @see peft 0.21, tuners/lora: `merge_and_unload`
 */
export function mergedWeights(
  base: Checkpoint,
  adapter: Checkpoint,
  config: AdapterConfig,
  options: MergeOptions,
): Checkpoint {
  const weights = new Map(base.weights);
  const faults: string[] = [...adapter.unsupported].map(
    ([name, type]) => `${name} has type ${type}`,
  );
  const modules = sortTensors(adapter.weights, weights, faults);
  const { tied, keepsTie } = options;
  const embeddingRemains = tied === null || [...weights.values()].includes(tied);
  if (!embeddingRemains && !keepsTie && !weights.has(HEAD)) weights.set(HEAD, tied); // as peft leaves it
  for (const [module, parts] of modules) {
    const fault = merge(weights, module, parts, config, options);
    if (fault) faults.push(fault);
  }
  if (modules.size === 0) faults.push("no module has lora_A and lora_B");
  if (faults.length > 0)
    throw new InputError(
      "weights",
      `${options.path} does not fit its configuration or the base: ${someOf(faults, "; ")}`,
    );
  return { ...base, weights };
}

/** The unembedding, which files of tied models leave out. */
const HEAD = "lm_head.weight";
/** GPT-NeoX's is called by the second name in files and by the first in the module of today. */
const HEADS = [HEAD, "embed_out.weight"];

/** Parts by module; whole tensors go into `weights` at once. */
function sortTensors(
  tensors: Weights,
  weights: Map<string, StoredTensor>,
  faults: string[],
): Map<string, Parts> {
  const modules = new Map<string, Parts>();
  for (const [name, tensor] of tensors) {
    const plain = name.replace(/^base_model\.model\./, "").replace(/\.default(?=\.|$)/, "");
    const [, module = "", kind] =
      /^(.*)\.(lora_A\.weight|lora_B\.weight|lora_embedding_A|lora_embedding_B|lora_magnitude_vector(?:\.weight)?)$/.exec(
        plain,
      ) ?? [];
    if (kind === undefined) {
      const whole = plain.replace(/\.(base_layer|modules_to_save)(?=\.)/, "");
      const own = nameIn(weights, whole) ?? (whole === HEAD ? whole : null);
      if (own === null) faults.push(`the base has no tensor ${whole}`);
      else weights.set(own, tensor);
      continue;
    }
    const parts = modules.get(module) ?? {};
    modules.set(module, parts);
    if (/_A/.test(kind)) parts.A = tensor;
    else if (/_B/.test(kind)) parts.B = tensor;
    else parts.magnitude = tensor;
    if (kind.startsWith("lora_embedding")) parts.embedding = true;
  }
  return modules;
}

/** The base's own name of a tensor: some checkpoints leave the first part (`transformer.`, `model.`) away. */
function nameIn(weights: Weights, name: string): string | null {
  const names = [name, name.replace(/^[^.]+\./, ""), ...(HEADS.includes(name) ? HEADS : [])];
  return names.find((each) => weights.has(each)) ?? null;
}

/** Puts the merged matrix into `weights`, or says what does not fit. */
function merge(
  weights: Map<string, StoredTensor>,
  module: string,
  { A, B, magnitude, embedding = false }: Parts,
  config: AdapterConfig,
  { isTransposed, tied }: MergeOptions,
): string | null {
  if (!A || !B) return `${module} needs lora_A and lora_B, has ${A ? "no B" : "no A"}`;
  const name = nameIn(weights, `${module}.weight`);
  if (name === null)
    return `the base has no tensor ${module}.weight${tied && module === "lm_head" ? " (its embeddings are tied)" : ""}`;
  if (tied && (embedding || module === "lm_head"))
    return `${module} is adapted alone, but in the base it is one tensor with ${embedding ? "the unembedding" : "the embedding"}`;
  if (!isTarget(config, module)) return `${module} is not one of target_modules`;
  const stored = weights.get(name)!;
  const { rank, scale } = scaleOf(config, module);
  const transposed = embedding || isTransposed(module);
  const [out, into] = transposed ? stored.shape.toReversed() : stored.shape;
  const [ranks, from, to] = [[A.shape[0], B.shape[1]], A.shape[1], B.shape[0]];
  if (ranks.some((each) => each !== rank))
    return `${module} has rank ${ranks.join(" and ")}, its configuration says ${rank}`;
  if (stored.shape.length !== 2 || from !== into || to !== out)
    return `${module} adds ${to} x ${from} to a matrix of ${out} x ${into}`;
  if ((config.use_dora === true) !== (magnitude !== undefined))
    return `${module} has ${magnitude ? "a" : "no"} magnitude, and use_dora is ${config.use_dora === true}`;
  if (magnitude && transposed)
    return `${module} is DoRA on a transposed matrix, which is not merged`;
  weights.set(name, mergedMatrix(stored, { A, B, magnitude, scale, transposed }));
  return null;
}

function mergedMatrix(
  stored: StoredTensor,
  {
    A,
    B,
    magnitude,
    scale,
    transposed,
  }: {
    readonly A: StoredTensor;
    readonly B: StoredTensor;
    readonly magnitude: StoredTensor | undefined;
    readonly scale: number;
    readonly transposed: boolean;
  },
): StoredTensor {
  const [rows, columns] = stored.shape as readonly [number, number];
  let parts: Promise<readonly Float32Array[]> | undefined;
  const rowsAt = async (first: number, count: number) => {
    const width = stored.sizeBytes / rows;
    const [part, a, b, lengths] = await Promise.all([
      readTensor({
        ...stored,
        shape: [count, columns],
        offset: stored.offset + first * width,
        sizeBytes: count * width,
      }),
      ...(await (parts ??= Promise.all([A, B, ...(magnitude ? [magnitude] : [])].map(readTensor)))),
    ]);
    const rank = A.shape[0]!;
    const merged = new Float32Array(count * columns);
    for (let row = 0; row < count; row++) {
      const sums = new Float64Array(columns);
      for (let at = 0; at < rank; at++) {
        // B A, or its transpose: row and column change places
        const left = transposed ? a![at * rows + first + row]! : b![(first + row) * rank + at]!;
        for (let column = 0; column < columns; column++)
          sums[column]! +=
            left * (transposed ? b![column * rank + at]! : a![at * columns + column]!);
      }
      let squares = 0;
      for (let column = 0; column < columns; column++) {
        const value = part![row * columns + column]! + scale * sums[column]!;
        squares += value * value;
        merged[row * columns + column] = value;
      }
      if (!lengths) continue;
      const factor = lengths[first + row]! / Math.sqrt(squares);
      for (let column = 0; column < columns; column++) merged[row * columns + column]! *= factor;
    }
    return merged;
  };
  return computedTensor(stored.source.name, stored.shape, async (first, values) => {
    const row = Math.floor(first / columns);
    const end = first + values.length;
    const merged = await rowsAt(row, Math.ceil(end / columns) - row);
    values.set(merged.subarray(first - row * columns, end - row * columns));
  });
}
