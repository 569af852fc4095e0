/** @file Weight-name maps: which tensor of a checkpoint is which of our weights, as data, checked all at once. */
import { InputError } from "../base/errors.ts";
import type { StoredTensor, Weights } from "../base/bytes.ts";
import type { Builder, Name } from "../graph/builder.ts";

/** Sizes of a model's axes by name. */
export type Sizes = Readonly<Record<string, number>>;

/** Where one of our weights lies in a checkpoint. */
export interface WeightEntry {
  /** Name in the checkpoint; `{layer}` stands for the layer; a name that begins with / never has the model's prefix. */
  readonly from: string;
  /** The checkpoint's dimensions, each one axis of ours or several merged, outermost first. */
  readonly shape: readonly (string | readonly string[])[];
  /** The part that is meant, where several weights share a tensor. */
  readonly select?: readonly [axis: string, index: number] | undefined;
}

/** Our names (TransformerLens', `{layer}` for the layer) to where they lie. */
export type WeightMap = Readonly<Record<string, WeightEntry>>;

/** What a weight file has, as `formats` reads it. */
export interface CheckpointTensors {
  readonly weights: Weights;
  readonly unsupported: ReadonlyMap<string, string>;
}

interface Bound {
  readonly entry: WeightEntry;
  readonly stored: StoredTensor;
}

/**
 * Weights of a checkpoint under our names: `bound(b)` gives a look-up that declares a weight in the Program at its first
 * use; null for a weight that this model does not have.
 */
export type BoundWeights = (b: Builder) => (name: string) => Name | null;

/**
 * Finds every weight of `map` in the checkpoint and checks its shape, and that nothing of the checkpoint is left over.
 *
 * @param ignorable tensors that files carry and no computation needs: masks, rotary tables, heads that are tied
 * @throws {InputError} "weights" with every mismatch: missing, of another shape or type, and tensors without a place
 */
export function bindWeights(
  map: WeightMap,
  {
    layers,
    sizes,
    prefixes = [""],
    ignorable = [],
  }: {
    readonly layers: number;
    readonly sizes: Sizes;
    readonly prefixes?: readonly string[] | undefined;
    readonly ignorable?: readonly RegExp[] | undefined;
  },
  checkpoint: CheckpointTensors,
): BoundWeights {
  const expanded = Object.entries(map).flatMap(([name, entry]) => perLayer(name, entry, layers));
  const prefix =
    prefixes.find((each) => expanded.some(([, { from }]) => checkpoint.weights.has(each + from))) ??
    "";
  const nameOf = ({ from }: WeightEntry) => (from.startsWith("/") ? from.slice(1) : prefix + from);
  const faults: string[] = [];
  const bound = new Map<string, Bound>();
  for (const [name, entry] of expanded) {
    const from = nameOf(entry);
    const stored = checkpoint.weights.get(from);
    const fault = stored ? shapeFault(from, stored, entry, sizes) : missing(from, checkpoint);
    if (fault) faults.push(fault);
    else if (stored) bound.set(name, { entry, stored });
  }
  faults.push(
    ...leftOver(checkpoint, new Set(expanded.map(([, entry]) => nameOf(entry))), ignorable),
  );
  if (faults.length > 0)
    throw new InputError("weights", `the weights do not fit the configuration: ${listed(faults)}`);
  return (b) => {
    const declared = new Set<string>();
    return (name) => {
      const found = bound.get(name);
      if (found && !declared.has(name)) declare(b, name, found, sizes);
      declared.add(name);
      return found ? name : null;
    };
  };
}

function perLayer(name: string, entry: WeightEntry, layers: number): [string, WeightEntry][] {
  if (!name.includes("{layer}")) return [[name, entry]];
  return Array.from({ length: layers }, (_, layer) => [
    name.replace("{layer}", String(layer)),
    { ...entry, from: entry.from.replace("{layer}", String(layer)) },
  ]);
}

function missing(from: string, { unsupported }: CheckpointTensors): string {
  const type = unsupported.get(from);
  return type
    ? `${from} has type ${type}, which is not one of F32, F16, BF16`
    : `${from} is missing`;
}

function shapeFault(
  from: string,
  stored: StoredTensor,
  entry: WeightEntry,
  sizes: Sizes,
): string | null {
  const wanted = entry.shape.map((axes) =>
    [axes].flat().reduce((product, axis) => product * sizeOf(axis, sizes), 1),
  );
  const fits =
    wanted.length === stored.shape.length &&
    wanted.every((size, index) => size === stored.shape[index]);
  return fits
    ? null
    : `${from} should be ${wanted.join(" x ")}, is ${stored.shape.join(" x ") || "a scalar"}`;
}

function leftOver(
  { weights, unsupported }: CheckpointTensors,
  known: ReadonlySet<string>,
  ignorable: readonly RegExp[],
): string[] {
  return [...weights.keys(), ...unsupported.keys()]
    .filter((name) => !known.has(name) && !ignorable.some((pattern) => pattern.test(name)))
    .map((name) => `${name} has no place in this architecture`);
}

const MOST_LISTED = 40;

function listed(faults: readonly string[]): string {
  const more = faults.length > MOST_LISTED ? `; and ${faults.length - MOST_LISTED} more` : "";
  return faults.slice(0, MOST_LISTED).join("; ") + more;
}

function declare(b: Builder, name: string, { entry, stored }: Bound, sizes: Sizes): void {
  const axes = Object.fromEntries(entry.shape.flat().map((axis) => [axis, sizeOf(axis, sizes)]));
  const { select } = entry;
  b.weight({
    name,
    axes,
    stored,
    ...(select && { select: { axis: select[0], index: select[1] } }),
  });
}

function sizeOf(axis: string, sizes: Sizes): number {
  const size = sizes[axis];
  if (size === undefined) throw new Error(`internal: no size for axis ${axis}`);
  return size;
}
