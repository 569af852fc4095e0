/** @file Which arrays of a file are the attention of which layer. */
import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";

/** An array that can be read: of safetensors, .npz, or made by the caller. */
export interface AttentionArray {
  readonly shape: readonly number[];
  read(): Promise<Float32Array>;
}

export interface AttentionLayers {
  /** Numbers of the layers, ascending. */
  readonly layers: readonly number[];
  readonly shape: readonly [batch: number, heads: number, queries: number, keys: number];
  /** Values of each layer, row-major [batch, head, query, key]; in the order of `layers`. */
  readonly values: readonly Float32Array[];
}

/**
 * The layers of a file: either one array [layer, batch, head, query, key], or one [batch, head, query, key] for each
 * layer, whose number is the first whole number in its name (a single array needs none).
 *
 * @param arrays by name, attention and nothing else
 * @throws {InputError} "shape" unless it is one of these, with one size for all layers; lists what does not fit
 */
export async function attentionLayers(
  arrays: ReadonlyMap<string, AttentionArray>,
): Promise<AttentionLayers> {
  const entries = [...arrays].map(([name, array]) => ({
    name,
    ...array,
    read: () => array.read(),
  }));
  checkArrays(entries);
  const [first] = entries;
  if (first!.shape.length === 5) return stackedLayers(first!);
  const layers = entries
    .map((array) => ({ ...array, layer: layerOf(array.name, entries.length) }))
    .sort((layer, other) => layer.layer - other.layer);
  layers.forEach(({ layer, name }, index) => {
    if (layers[index + 1]?.layer !== layer) return;
    const both = `${name} and ${layers[index + 1]!.name}`;
    throw new InputError(
      "shape",
      `layer ${layer} needs one array, got ${both} (choose with \`arrays\`)`,
    );
  });
  const values: Float32Array[] = [];
  for (const { read } of layers) values.push(await read());
  return { layers: layers.map(({ layer }) => layer), shape: rank4(first!.shape), values };
}

interface NamedArray extends AttentionArray {
  readonly name: string;
}

const MOST_LISTED = 6;

function checkArrays(arrays: readonly NamedArray[]): void {
  const needs =
    "attention needs one array [layer, batch, head, query, key], or [batch, head, query, key] for each layer, all of one size";
  const [first] = arrays;
  const same = ({ shape }: NamedArray) => shape.join() === first!.shape.join();
  const rank = first?.shape.length;
  const fits = rank === 5 ? arrays.length === 1 : rank === 4 && arrays.every(same);
  if (first && fits && first.shape.every((size) => size > 0)) return;
  const all = arrays.map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
  const list = someOf(all, ", ", MOST_LISTED);
  throw new InputError("shape", `${needs}; got ${list || "no array"} (choose with \`arrays\`)`);
}

async function stackedLayers({ shape, read }: NamedArray): Promise<AttentionLayers> {
  const values = await read();
  const layers = Array.from({ length: shape[0]! }, (_, layer) => layer);
  const size = values.length / shape[0]!;
  return {
    layers,
    shape: rank4(shape.slice(1)),
    values: layers.map((layer) => values.subarray(layer * size, (layer + 1) * size)),
  };
}

function layerOf(name: string, arrays: number): number {
  const [digits] = /\d+/.exec(name) ?? [];
  if (digits !== undefined && digits.length < 7) return Number(digits);
  if (arrays === 1) return 0;
  throw new InputError(
    "shape",
    `attention by layer needs the number of the layer in every name, got ${JSON.stringify(name)}`,
  );
}

function rank4(shape: readonly number[]): readonly [number, number, number, number] {
  return [shape[0]!, shape[1]!, shape[2]!, shape[3]!];
}
