/** @file Models with known heads for measuring how often a verdict is right: a seed gives the model and its truth. */
import type { Weights } from "../../../base/bytes.ts";
import { random, type Random } from "../../../base/random.ts";
import { plantedCheckpoint } from "../circuit.ts";
import { disguise } from "./disguise.ts";
import { KINDS, type Kind, type KindName } from "./kinds.ts";

export interface TrueHead extends Pick<Kind, "label" | "reason" | "adversarial"> {
  readonly layer: number;
  readonly head: number;
  readonly kind: KindName;
}

export interface PlantedModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Weights;
  /** One entry for every head. */
  readonly truth: readonly TrueHead[];
  /** Whether a matching head copies to the unembedding; false: its attention is there and the circuit is cut. */
  readonly circuit: "whole" | "cut";
}

const EASY = ["noise", "first", "current", "duplicate"] as const;
const ANYWHERE = [...EASY, "previous", "positional", "duplicateThatCopies"] as const;
const CUT = ["attendsOnly", "offUnembedding"] as const;
const WIDTHS = [48, 64];

/**
 * The planted model of `seed`: two layers of 4 or 6 heads, attention only, no norm, absolute positions.
 *
 * Layer 0 has one head that feeds the keys of layer 1; layer 1 has one matching head that copies (every fourth model:
 * one that does not, so that the circuit is cut), at times a second redundant or opposed one, and heads of other kinds.
 */
export async function plantedModel(seed: number): Promise<PlantedModel> {
  const draw = random(seed, 1);
  const cut = draw.uniform() < 0.25;
  const heads = pick(draw, [4, 6]);
  const layers = [
    draw.shuffled<KindName>(filled(draw, ["feeder"], heads)),
    draw.shuffled<KindName>(filled(draw, matching(draw, cut), heads)),
  ];
  const truth = layers.flatMap((kinds, layer) =>
    kinds.map((kind, head): TrueHead => {
      const { label, reason, adversarial } = KINDS[kind];
      return { layer, head, kind, label, reason, adversarial };
    }),
  );
  const planted = truth.flatMap(({ layer, head, kind }) => {
    const { build } = KINDS[kind];
    return build ? [{ layer, head, ...build }] : [];
  });
  const sizes = { vocabulary: pick(draw, [128, 256]), contextLength: 160, layers: 2, heads, seed };
  const { config, weights } = plantedCheckpoint({ ...sizes, width: pick(draw, WIDTHS) }, planted);
  const hidden = await disguise(weights, { rotate: true, noise: 0.02 * draw.uniform() }, draw);
  return { config, weights: hidden, truth, circuit: cut ? "cut" : "whole" };
}

function matching(draw: Random, cut: boolean): KindName[] {
  if (cut) return [pick(draw, CUT)];
  const second: readonly (KindName | null)[] = [null, "induction", "antiInduction", ...CUT];
  const beside = pick(draw, second);
  const main = pick(draw, ["induction", "partial"] as const);
  return beside ? [main, beside] : [main];
}

function filled(draw: Random, chosen: readonly KindName[], heads: number): KindName[] {
  const rest = Array.from({ length: heads - chosen.length }, () => pick(draw, ANYWHERE));
  return [...chosen, ...rest];
}

function pick<Item>(draw: Random, items: readonly Item[]): Item {
  return items[draw.integer(0, items.length - 1)]!;
}
