/** @file Weights without structure in the shapes of a model: null models, which have no induction head. */
import type { Weights } from "../../../base/bytes.ts";
import type { Random } from "../../../base/random.ts";
import { stored } from "../circuit.ts";

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

async function matricesReplaced(
  weights: Weights,
  replaced: (values: Values) => Values,
): Promise<Weights> {
  const parts = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { type, source, offset, sizeBytes, shape }] of weights) {
    if (type !== "F32") throw new Error(`internal: null weights are made of F32, got ${type}`);
    const bytes = await source.read(offset, sizeBytes);
    const values = new Float32Array(bytes.slice().buffer);
    parts.set(name, { shape, data: shape.length > 1 ? replaced(values) : values });
  }
  return stored(parts);
}
