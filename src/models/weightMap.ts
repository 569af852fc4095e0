/** @file Weight-name maps: which tensor of a checkpoint is which of our weights, as data, checked all at once. */
import { InputError } from "../base/errors.ts";
import { someOf } from "../base/someOf.ts";
import type { StoredTensor } from "../base/bytes.ts";
import type { Builder, Name } from "../graph/builder.ts";
import type { Selection } from "../graph/program.ts";
import type { CheckpointTensors } from "./checkpointTensors.ts";
import { prefixOf, withPrefix, type Prefix } from "./weightPrefix.ts";

/** Sizes of a model's axes by name. */
export type Sizes = Readonly<Record<string, number>>;

/** Where one of our weights lies in a checkpoint. */
export interface WeightEntry {
  /**
   * Name in the checkpoint after the model's prefix; `{layer}`, `{expert}`, `{head}` count; a name that begins with / is
   * outside of the part that has the prefix, as an unembedding.
   */
  readonly from: string;
  /** Another name, if the checkpoint does not have the first. */
  readonly orElse?: string;
  /** The checkpoint's dimensions, each one axis of ours or several merged, outermost first. */
  readonly shape: readonly (string | readonly string[])[];
  /** The parts that are meant, where several weights share a tensor. */
  readonly select?: readonly Selection[];
  /** Axes that are one afterwards, by its name; one axis gets another name so. */
  readonly merge?: Readonly<Record<string, readonly string[]>>;
  /** Layers that have it; left out: all. */
  readonly layers?: readonly number[];
  /** Sizes of its axes, where they are not those of the whole model: of one stack among several. */
  readonly sizes?: Sizes;
  /** A checkpoint may lack it. */
  readonly optional?: boolean;
}

/** Our names (TransformerLens', `{layer}` for the layer) to where they lie. */
export type WeightMap = Readonly<Record<string, WeightEntry>>;

export interface BindOptions {
  readonly layers: number;
  /** How often `{expert}` and `{head}` count. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly sizes: Sizes;
  /** What stands before most names: `transformer.`; a checkpoint may have it, lack it or have more. */
  readonly base?: string;
  /** Tensors that files carry and no computation needs: masks, rotary tables. */
  readonly ignorable?: readonly RegExp[];
  /** The checkpoint has other models beside this one, such as a vision tower. */
  readonly others?: boolean;
}

interface BoundWeight {
  readonly entry: WeightEntry;
  readonly stored: StoredTensor;
}

/** A look-up that declares a weight in the Program at its first use; null for a weight that this model does not have. */
export type BoundWeights = (b: Builder) => (name: string) => Name | null;

/** Weights of a checkpoint under our names. */
export interface Binding {
  readonly weights: BoundWeights;
  /** The tensor that a weight lies in. */
  readonly stored: (name: string) => StoredTensor | undefined;
  /** What stands before the names of the model's own part. */
  readonly prefix: string;
}

/**
 * Finds every weight of `map` in the checkpoint and checks its shape, and that nothing of the checkpoint is left over.
 *
 * @throws {InputError} "weights" with what is missing, of another shape or type, and tensors without a place: three of each
 */
export function bindWeights(
  map: WeightMap,
  options: BindOptions,
  checkpoint: CheckpointTensors,
): Binding {
  const { sizes, base = "", ignorable = [], others = false } = options;
  const expanded = Object.entries(map).flatMap(([name, entry]) => expand(name, entry, options));
  const prefix = prefixOf(
    expanded.flatMap(([, { from }]) => (from.startsWith("/") ? [] : [from])),
    base,
    checkpoint,
  );
  const faults = { missing: new Array<string>(), shape: new Array<string>() };
  const bound = new Map<string, BoundWeight>();
  const names = new Set<string>();
  for (const [name, entry] of expanded) {
    const [from, stored] = findTensor(entry, prefix, checkpoint);
    names.add(from);
    const type = checkpoint.unsupported.get(from);
    if (stored) {
      const fault = shapeFault(from, stored, entry, sizes);
      if (fault) faults.shape.push(fault);
      bound.set(name, { entry, stored });
    } else if (type !== undefined) faults.shape.push(unreadable(from, type));
    else if (!entry.optional) faults.missing.push(`${from} is missing`);
  }
  const leftOver = tensorsLeft(checkpoint, names, ignorable, others ? prefix.own : "");
  refuse({ ...faults, leftOver });
  return {
    weights: (b) => lookUp(b, bound, sizes),
    stored: (name) => bound.get(name)?.stored,
    prefix: prefix.own,
  };
}

function findTensor(
  { from, orElse }: WeightEntry,
  prefix: Prefix,
  { weights, unsupported }: CheckpointTensors,
): [string, StoredTensor | undefined] {
  const has = (name: string) => weights.has(name) || unsupported.has(name);
  const first = withPrefix(from, prefix, has);
  const other = orElse === undefined ? first : withPrefix(orElse, prefix, has);
  const name = !has(first) && has(other) ? other : first;
  return [name, weights.get(name)];
}

function lookUp(
  b: Builder,
  bound: ReadonlyMap<string, BoundWeight>,
  sizes: Sizes,
): (name: string) => Name | null {
  const declared = new Set<string>();
  return (name) => {
    const weight = bound.get(name);
    if (weight && !declared.has(name)) declare(b, name, weight, sizes);
    declared.add(name);
    return weight ? name : null;
  };
}

/** The entry for each layer, expert or head that its names count. */
function expand(
  name: string,
  entry: WeightEntry,
  { layers, counts = {} }: BindOptions,
): [string, WeightEntry][] {
  const all = { layer: layers, ...counts };
  const key = Object.keys(all).find((count) => name.includes(`{${count}}`));
  if (key === undefined) return [[name, entry]];
  const indices =
    key === "layer" && entry.layers
      ? entry.layers
      : Array.from({ length: all[key as keyof typeof all] }, (_, index) => index);
  return indices.flatMap((index) => {
    const withIndex = (text: string) => text.replace(`{${key}}`, String(index));
    const select = entry.select?.map((selection) =>
      "index" in selection && selection.axis === key ? { ...selection, index } : selection,
    );
    const copy = { ...entry, from: withIndex(entry.from), ...(select && { select }) };
    return expand(withIndex(name), copy, { layers, counts, sizes: {} });
  });
}

function unreadable(from: string, type: string): string {
  return `${from} has type ${type}, which is not one of F32, F16, BF16`;
}

function shapeFault(
  from: string,
  stored: StoredTensor,
  entry: WeightEntry,
  sizes: Sizes,
): string | null {
  const all = { ...sizes, ...entry.sizes };
  const shape = entry.shape.map((axes) =>
    [axes].flat().reduce((product, axis) => product * sizeOf(axis, all), 1),
  );
  const fits =
    shape.length === stored.shape.length &&
    shape.every((size, index) => size === stored.shape[index]);
  return fits
    ? null
    : `${from} should be ${shape.join(" x ")}, is ${stored.shape.join(" x ") || "a scalar"}`;
}

function tensorsLeft(
  { weights, unsupported }: CheckpointTensors,
  names: ReadonlySet<string>,
  ignorable: readonly RegExp[],
  within: string,
): string[] {
  return [...weights.keys(), ...unsupported.keys()]
    .filter((name) => name.startsWith(within) && !names.has(name))
    .filter((name) => !ignorable.some((pattern) => pattern.test(name)))
    .map((name) => `${name} has no place in this architecture`);
}

interface Faults {
  readonly missing: readonly string[];
  readonly shape: readonly string[];
  readonly leftOver: readonly string[];
}

function refuse({ missing, shape, leftOver: rest }: Faults): void {
  if (missing.length + shape.length + rest.length === 0) return;
  const list = [shape, missing, rest]
    .filter((faults) => faults.length > 0)
    .map((faults) => someOf(faults, "; "));
  throw new InputError("weights", `the weights do not fit the configuration: ${list.join("; ")}`);
}

function declare(b: Builder, name: string, { entry, stored }: BoundWeight, sizes: Sizes): void {
  const all = { ...sizes, ...entry.sizes };
  const axes = Object.fromEntries(entry.shape.flat().map((axis) => [axis, sizeOf(axis, all)]));
  const { select, merge } = entry;
  b.weight({ name, axes, stored, ...(select && { select }), ...(merge && { merge }) });
}

function sizeOf(axis: string, sizes: Sizes): number {
  const size = sizes[axis];
  if (size === undefined) throw new Error(`internal: no size for axis ${axis}`);
  return size;
}
