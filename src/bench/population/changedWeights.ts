/** @file Models made from others by their weights: null models, which have no induction head, and softer attention. */
import type { Weights } from "../../base/bytes.ts";
import type { Random } from "../../base/random.ts";
import { weightsInMemory } from "../../models/planted/tensorParts.ts";

type Values = Float32Array<ArrayBuffer>;

/** Every matrix with its entries in random order; vectors, such as gains of norms, stay. */
export function shuffledWeights(weights: Weights, draw: Random): Promise<Weights> {
  return matricesReplaced(weights, (values) => {
    const shuffled = values.slice();
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = draw.integer(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
    }
    return shuffled;
  });
}

/** Every matrix from a normal distribution of this deviation over sqrt(d_model), as a model before its training. */
export function freshWeights(
  weights: Weights,
  { dModel, deviation }: { readonly dModel: number; readonly deviation: number },
  draw: Random,
): Promise<Weights> {
  const scale = deviation / Math.sqrt(dModel);
  return matricesReplaced(weights, (values) => values.map(() => scale * draw.normal()));
}

/**
 * Queries of a model with TransformerLens' names times a factor for each head: under 1 it attends less sharply.
 *
 * @param factor by layer and head
 */
export function softenWeights(
  weights: Weights,
  factor: (layer: number, head: number) => number,
): Promise<Weights> {
  return matricesReplaced(weights, (values, name, heads) => {
    const layer = /^blocks\.(\d+)\.attn\.W_Q$/.exec(name)?.[1];
    if (layer === undefined) return values;
    const area = values.length / heads;
    const factors = Array.from({ length: heads }, (_, head) => factor(Number(layer), head));
    return values.map((value, at) => value * factors[Math.floor(at / area)]!);
  });
}

async function matricesReplaced(
  weights: Weights,
  replaced: (values: Values, name: string, rows: number) => Values,
): Promise<Weights> {
  const parts = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { type, source, offset, sizeBytes, shape }] of weights) {
    if (type !== "F32") throw new Error(`internal: null weights are made of F32, got ${type}`);
    const bytes = await source.read(offset, sizeBytes);
    const values = new Float32Array(bytes.slice().buffer);
    parts.set(name, { shape, data: shape.length > 1 ? replaced(values, name, shape[0]!) : values });
  }
  return weightsInMemory(parts);
}
