/**
 * @file Rules from GGUF tensors to Hugging Face's: a new name, or what undoes a step of llama.cpp's converter.
 * @see llama.cpp, the folder `conversion`, and gguf-py/gguf/tensor_mapping.py
 */
import { InputError } from "../../base/errors.ts";
import { entriesOf, whole, type WantedTensor } from "../../formats/gguf/wantedTensor.ts";
import type { GgufTensor } from "../../formats/gguf/tensors.ts";
import type { GgufFacts } from "./facts.ts";

/** Hugging Face's name (`{}` for the layer, `{x}` for an expert); null for what is not needed; or what makes tensors. */
export type TensorRule = string | null | MadeTensors;

/** The tensors, by name, that a tensor of the file becomes. */
export type MadeTensors = (source: GivenTensor, facts: GgufFacts) => Record<string, WantedTensor>;

/** A tensor of the file under the rule that is for it. */
export interface GivenTensor {
  readonly name: string;
  readonly tensor: GgufTensor;
  /** Another tensor of the same layer, by its name with `{}`; undefined if the file does not have it. */
  readonly beside: (name: string) => GivenTensor | undefined;
}

/** Weight and bias of a module under another name. */
export function renameTo(from: string, to: string): Record<string, TensorRule> {
  return { [`${from}.weight`]: `${to}.weight`, [`${from}.bias`]: `${to}.bias` };
}

/** Weight and bias of a module by a rule that is made for the name of each. */
export function remade(
  from: string,
  to: string,
  rule: (to: string) => TensorRule,
): Record<string, TensorRule> {
  return {
    [`${from}.weight`]: rule(`${to}.weight`),
    [`${from}.bias`]: rule(`${to}.bias`),
  };
}

/**
 * Queries or keys whose rows llama.cpp keeps in rotary pairs (2i, 2i + 1), where Hugging Face has first all rows 2i of a
 * head and then all rows 2i + 1.
 */
export const unpaired =
  (to: string, heads: "heads" | "kvHeads"): MadeTensors =>
  (source, facts) => {
    const size = evenShare(source, facts[heads], 2);
    // Blocks that are multiplied as they are cannot be changed; others are decoded faster a head at a time.
    if (source.tensor.type === "Q4_0") return { [to]: rowsApart(source, size) };
    return { [to]: unpairedHeads(source, 0, facts[heads], size) };
  };

/** `count` heads of `size` rows each, from head `first` on, whose rotary pairs are taken apart. */
function unpairedHeads(
  source: GivenTensor,
  first: number,
  count: number,
  size: number,
): WantedTensor {
  return {
    shape: [count * size, ...source.tensor.shape.slice(1)],
    runs: Array.from({ length: count }, (_, head) => rows(source, (first + head) * size, size)),
    change: { runs: 1, of: (values) => pairsApart(values, size) },
  };
}

/** One head after the other, row by row. */
function rowsApart(source: GivenTensor, size: number): WantedTensor {
  const half = size / 2;
  const runs = Array.from({ length: source.tensor.shape[0]! }, (_, row) => {
    const within = row % size;
    const from = within < half ? 2 * within : 2 * (within - half) + 1;
    return rows(source, row - within + from, 1);
  });
  return { shape: source.tensor.shape, runs };
}

function pairsApart(values: Float32Array, rowCount: number): Float32Array {
  const ordered = new Float32Array(values.length);
  const width = values.length / rowCount;
  const half = rowCount / 2;
  for (let row = 0; row < rowCount; row++) {
    const to = ((row % 2) * half + Math.floor(row / 2)) * width;
    ordered.set(values.subarray(row * width, (row + 1) * width), to);
  }
  return ordered;
}

/**
 * Queries, keys and values one after the other, where Hugging Face has them in groups: the queries of a group, its key, its
 * value. With a group for each head this is what BLOOM and GPT-NeoX have; Falcon has one for each key head.
 */
export const grouped =
  (to: string): MadeTensors =>
  (source, facts) => {
    const { heads, kvHeads } = facts;
    const size = evenShare(source, heads + 2 * kvHeads);
    const queries = heads / kvHeads;
    const runs = Array.from({ length: kvHeads }, (_, group) => [
      rows(source, group * queries * size, queries * size),
      rows(source, (heads + group) * size, size),
      rows(source, (heads + kvHeads + group) * size, size),
    ]).flat();
    return { [to]: { shape: source.tensor.shape, runs } };
  };

/**
 * Queries, keys and values one after the other, where Hugging Face has a tensor for each.
 *
 * @param pairs whether queries and keys are in rotary pairs, as in `unpaired`
 */
export const threeParts =
  (query: string, key: string, value: string, pairs = false): MadeTensors =>
  (source, facts) => {
    const { heads, kvHeads } = facts;
    const size = evenShare(source, heads + 2 * kvHeads, pairs ? 2 : 1);
    const part = (first: number, count: number): WantedTensor => ({
      shape: [count * size, ...source.tensor.shape.slice(1)],
      runs: [rows(source, first * size, count * size)],
    });
    const queriesOrKeys = (first: number, count: number): WantedTensor =>
      pairs ? unpairedHeads(source, first, count, size) : part(first, count);
    return {
      [query]: queriesOrKeys(0, heads),
      [key]: queriesOrKeys(heads, kvHeads),
      [value]: part(heads + kvHeads, kvHeads),
    };
  };

/** A weight of a norm that llama.cpp multiplies with, where Hugging Face's is added to 1. */
export const lessOne =
  (to: string): MadeTensors =>
  ({ tensor }) => ({
    [to]: {
      ...whole(tensor),
      change: { runs: 1, of: (values) => values.map((value) => value - 1) },
    },
  });

/** A stack of matrices, one for each expert (`{x}`) or head, where Hugging Face has a tensor for each. */
export const each =
  (to: string): MadeTensors =>
  (source) =>
    Object.fromEntries(
      Array.from({ length: source.tensor.shape[0]! }, (_, index) => [
        to.replace("{x}", String(index)),
        { shape: source.tensor.shape.slice(1), runs: [rows(source, index, 1)] },
      ]),
    );

/** Rows of a matrix and then those of another, where Hugging Face has one. */
export const joinedRows =
  (to: string, other: string): MadeTensors =>
  (first) => {
    const second = first.beside(other);
    if (!second) return {};
    const [height, ...inner] = first.tensor.shape;
    const runs = [first, second].map(({ tensor }) => whole(tensor).runs[0]!);
    return { [to]: { shape: [height! + second.tensor.shape[0]!, ...inner], runs } };
  };

/** The same values under another shape: what the converter squeezed or added an axis to. */
export const reshaped =
  (to: string, shape: (lengths: readonly number[]) => readonly number[]): MadeTensors =>
  ({ tensor }) => ({ [to]: { ...whole(tensor), shape: shape(tensor.shape) } });

/** A, where Hugging Face has the logarithm of its negative; on one axis if `flat`. */
export const logOfNegative =
  (to: string, flat = false): MadeTensors =>
  ({ tensor }) => {
    const { runs, shape } = whole(tensor);
    const of = (values: Float32Array) => values.map((value) => Math.log(-value));
    return { [to]: { shape: flat ? [shape[0]!] : shape, runs, change: { runs: 1, of } } };
  };

/** Gates and inputs of experts in two stacks, where Hugging Face has, for each expert, the gate and then the input. */
export const gateThenUp =
  (to: string, up: string): MadeTensors =>
  (gate) => {
    const other = gate.beside(up);
    if (!other) return {};
    const [experts, width, ...inner] = gate.tensor.shape;
    const runs = Array.from({ length: experts! }, (_, expert) => [
      rows(gate, expert, 1),
      rows(other, expert, 1),
    ]).flat();
    return { [to]: { shape: [experts!, 2 * width!, ...inner], runs } };
  };

/**
 * The same in gpt-oss: columns of gate and input take turns, [expert, in, 2 out]; of biases the entries, [expert, 2 out].
 */
export const gateUpInTurns =
  (to: string, up: string): MadeTensors =>
  (gate) => {
    const other = gate.beside(up);
    if (!other) return {};
    const [experts, width, inner = 1] = gate.tensor.shape;
    const runs = Array.from({ length: experts! }, (_, expert) => [
      rows(gate, expert, 1),
      rows(other, expert, 1),
    ]).flat();
    const bias = gate.tensor.shape.length === 2;
    return {
      [to]: {
        shape: bias ? [experts!, 2 * width!] : [experts!, inner, 2 * width!],
        runs,
        change: { runs: 2, of: (values) => inTurns(values, width!, inner) },
      },
    };
  };

/** [gate or up, out, in] becomes [in, out, gate or up]. */
function inTurns(values: Float32Array, outs: number, ins: number): Float32Array {
  const ordered = new Float32Array(values.length);
  for (let part = 0; part < 2; part++) {
    for (let out = 0; out < outs; out++) {
      const from = (part * outs + out) * ins;
      for (let index = 0; index < ins; index++) {
        ordered[index * 2 * outs + 2 * out + part] = values[from + index]!;
      }
    }
  }
  return ordered;
}

/** Llama 4: [expert, in, gate and then input], out of two stacks [expert, out, in]. */
export const gateThenUpTransposed =
  (to: string, up: string): MadeTensors =>
  (gate) => {
    const other = gate.beside(up);
    if (!other) return {};
    const [experts, width, inner] = gate.tensor.shape;
    const runs = Array.from({ length: experts! }, (_, expert) => [
      rows(gate, expert, 1),
      rows(other, expert, 1),
    ]).flat();
    const change = { runs: 2, of: (values: Float32Array) => transposeValues(values, 2 * width!) };
    return { [to]: { shape: [experts!, inner!, 2 * width!], runs, change } };
  };

/** A stack of matrices, each of them turned: rows become columns. */
export const eachTransposed =
  (to: string): MadeTensors =>
  (source) => {
    const [count, height, width] = source.tensor.shape;
    return {
      [to]: {
        shape: [count!, width!, height!],
        runs: Array.from({ length: count! }, (_, index) => rows(source, index, 1)),
        change: { runs: 1, of: (values) => transposeValues(values, height!) },
      },
    };
  };

/**
 * DeepSeek's keys [head, rank, size] and values [head, size, rank] out of the compressed ones, where Hugging Face has for
 * each head its keys and then its values, [head (key size + value size), rank].
 */
export const keysThenValues =
  (to: string, values: string): MadeTensors =>
  (keys) => {
    const other = keys.beside(values);
    if (!other) return {};
    const [heads, rank, keySize] = keys.tensor.shape;
    const runs = Array.from({ length: heads! }, (_, head) => [
      rows(keys, head, 1),
      rows(other, head, 1),
    ]).flat();
    const keyValues = rank! * keySize!;
    return {
      [to]: {
        shape: [heads! * (keySize! + other.tensor.shape[1]!), rank!],
        runs,
        change: {
          runs: 2,
          of: (both) => {
            const ordered = both.slice();
            ordered.set(transposeValues(both.subarray(0, keyValues), rank!));
            return ordered;
          },
        },
      },
    };
  };

function transposeValues(values: Float32Array, height: number): Float32Array {
  const width = values.length / height;
  const transpose = new Float32Array(values.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++)
      transpose[column * height + row] = values[row * width + column]!;
  }
  return transpose;
}

/** Rows that each of so many heads has: a whole multiple of `multiple`. Checked before anything is made for each head. */
function evenShare({ name, tensor }: GivenTensor, heads: number, multiple = 1): number {
  const { shape, source, type } = tensor;
  const share = (shape[0] ?? 0) / heads;
  if (heads >= 1 && share >= 1 && Number.isInteger(share / multiple)) return share;
  throw new InputError(
    "file",
    `${source.name}: tensor ${JSON.stringify(name)} of ${type} and shape ${shape.join(" x ")} has no ${multiple === 2 ? "pairs of rows" : "rows"} for each of ${heads} heads`,
  );
}

function rows({ name, tensor }: GivenTensor, first: number, count: number) {
  return entriesOf(name, tensor, first, count);
}
