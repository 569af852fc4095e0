/**
 * @file A second construction of models whose heads are known: attention only, no norm, heads of any sharpness, what they leave of
 * their attention spread evenly or on the first token.
 */
import { random, type Random } from "../../../src/base/random.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import {
  drawFeatures,
  headParts,
  openFeatureModel,
  type Features,
  type Head,
  type Label,
} from "./featureModel.ts";

export interface RotatedModel {
  readonly model: LoadedModel;
  /** [layer][head] */
  readonly labels: readonly (readonly Label[])[];
}

const HEADS = 6;

/** @param noise of every weight, in units of 1 / sqrt(stream) */
export async function rotatedModel(seed: number, noise: number): Promise<RotatedModel> {
  const draw = random(seed, 91);
  const vocabulary = [80, 150, 300][seed % 3]!;
  const layers = 2 + (seed % 2);
  const features = drawFeatures(draw, vocabulary);
  const heads = Array.from({ length: layers }, (_, layer) =>
    draw.shuffled(layer === 0 ? firstLayer(draw, features) : laterLayer(draw, features)),
  );
  const model = await openFeatureModel(features, { heads }, { id: `rotated ${seed}`, noise, draw });
  return { model, labels: heads.map((layerHeads) => layerHeads.map(({ label }) => label)) };
}

function firstLayer(draw: Random, features: Features): Head[] {
  const { blank, distance, rest, same, write } = headParts(features);
  const heads = [
    write(distance(blank("previous-token"), 1, 14), "previous", 1),
    same(blank("duplicate-token"), 16),
    distance(blank("current-token"), 0, 10),
    rest(blank("first-token"), 8),
  ];
  while (heads.length < HEADS) {
    const positional = distance(blank("positional"), draw.integer(3, 25), 14);
    const copies = draw.uniform() < 0.5 ? 0.5 : 0;
    heads.push(draw.uniform() < 0.5 ? blank("other") : write(positional, "prediction", copies));
  }
  return heads;
}

function laterLayer(draw: Random, features: Features): Head[] {
  const { blank, distance, match, rest, scramble, write } = headParts(features);
  return Array.from({ length: HEADS }, () => {
    const which = draw.uniform();
    const sharpness = 4 + 10 * draw.uniform();
    const strength = 0.4 * 30 ** draw.uniform();
    const leftOver = draw.uniform() < 0.5 ? 0.75 * Math.min(sharpness, 9) : 0;
    const matching = (label: Label, sharp: number) => rest(match(blank(label), sharp), leftOver);
    if (which < 0.45) return write(matching("induction", sharpness), "prediction", strength);
    const clear = sharpness + 4; // it is to attend like induction, whatever it writes
    if (which < 0.55) return scramble(matching("attends-without-copying", clear), draw);
    if (which < 0.65) return matching("attends-without-copying", clear);
    if (which < 0.75)
      return write(matching("anti-induction", clear), "prediction", -0.5 - strength / 2);
    if (which < 0.85) return distance(blank("previous-token"), 1, 14);
    return blank("other");
  });
}
