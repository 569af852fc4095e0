/**
 * @file Kinds of rotary positions, as transformers 5 computes them. Pair p of d turned entries, p = 0 ... d / 2 - 1, is turned
 * by f[p] radians at each position; unscaled, f[p] = theta^(-2p / d).
 * @see transformers, modeling_rope_utils.py
 */
import { InputError } from "../../base/errors.ts";
import type { RotaryTable } from "../../graph/rotaryTable.ts";

/** Numbers that a kind may need, under their names in `rope_parameters`. */
export interface RopeNumbers {
  readonly factor: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly attention_factor: number;
  readonly beta_fast: number;
  readonly beta_slow: number;
  readonly mscale: number;
  readonly mscale_all_dim: number;
  readonly truncate: boolean;
  readonly short_factor: readonly number[];
  readonly long_factor: readonly number[];
  readonly frequency_factors: readonly number[];
}

/** What a kind makes its table from. */
export interface RopeFacts {
  readonly theta: number;
  /** Entries of a query or key, and how many of them are turned. */
  readonly headSize: number;
  readonly rotaryDims: number;
  readonly parameters: {
    readonly [Key in keyof RopeNumbers]?: RopeNumbers[Key] | null | undefined;
  };
  /** @throws {InputError} "config" if the configuration does not have it */
  readonly need: <Key extends keyof RopeNumbers>(key: Key) => RopeNumbers[Key];
  /** `max_position_embeddings`, and the one from before the model was made to read more; each throws if it is not known. */
  readonly context: () => number;
  readonly originalContext: () => number;
}

/** theta^(-2p / d); where d is odd, the last pair has one entry more. */
function plain({ theta, rotaryDims }: RopeFacts): number[] {
  return Array.from(
    { length: Math.ceil(rotaryDims / 2) },
    (_, pair) => theta ** ((-2 * pair) / rotaryDims),
  );
}

function table(frequencies: readonly number[], factor = 1): RotaryTable {
  return { frequencies, factor };
}

/** f[p] / factor */
function linear(facts: RopeFacts): RotaryTable {
  const factor = facts.need("factor");
  return table(plain(facts).map((frequency) => frequency / factor));
}

/**
 * "NTK-aware": as unscaled up to `max_position_embeddings` c; in a run of n > c positions theta is multiplied by
 * (factor n / c - (factor - 1))^(d / (d - 2)).
 */
function dynamic(facts: RopeFacts): RotaryTable {
  if (facts.rotaryDims === 2)
    throw new InputError(
      "config",
      "rope type dynamic needs more than 2 entries that are turned, got 2",
    );
  const longer = {
    kind: "dynamic",
    above: facts.context(),
    factor: facts.need("factor"),
    entries: facts.rotaryDims,
  } as const;
  return { ...table(plain(facts)), longer };
}

/**
 * With c the original context and wavelength w = 2 pi / f[p]: f[p] where w < c / high_freq_factor, f[p] / factor where
 * w > c / low_freq_factor, between them mixed by s = (c / w - low) / (high - low): (1 - s) f[p] / factor + s f[p].
 */
function llama3(facts: RopeFacts): RotaryTable {
  const factor = facts.need("factor");
  const [low, high] = [facts.need("low_freq_factor"), facts.need("high_freq_factor")];
  const context = facts.originalContext();
  return table(
    plain(facts).map((frequency) => {
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength < context / high) return frequency;
      if (wavelength > context / low) return frequency / factor;
      const smooth = (context / wavelength - low) / (high - low);
      return (1 - smooth) * (frequency / factor) + smooth * frequency;
    }),
  );
}

/**
 * YaRN (Peng et al. 2023, arXiv:2309.00071): r f[p] / factor + (1 - r) f[p], with r going from 0 to 1 between the pairs
 * low and high. A pair turns b times in the original context c at place d ln(c / (2 pi b)) / (2 ln theta): low is that of
 * `beta_fast` (32), rounded down, high that of `beta_slow` (1), rounded up, unless `truncate` is false.
 *
 * cos and sin are multiplied by `attention_factor`; left out: m(1), or m(mscale) / m(mscale_all_dim) where both are
 * given, with m(x) = 0.1 x ln(factor) + 1, and 1 for a factor up to 1.
 */
function yarn(facts: RopeFacts): RotaryTable {
  const { theta, rotaryDims, parameters } = facts;
  if (theta === 1)
    throw new InputError("config", "rope type yarn needs a rope_theta other than 1, got 1");
  const factor = parameters.factor ?? facts.context() / facts.originalContext();
  const place = (turns: number) =>
    (rotaryDims * Math.log(facts.originalContext() / (turns * 2 * Math.PI))) /
    (2 * Math.log(theta));
  const [first, last] = [place(parameters.beta_fast || 32), place(parameters.beta_slow || 1)];
  const round = parameters.truncate ?? true;
  const low = Math.max(round ? Math.floor(first) : first, 0);
  const high = Math.min(round ? Math.ceil(last) : last, rotaryDims - 1);
  const width = high === low ? 0.001 : high - low;
  const ramped = rampedPairs(rotaryDims);
  return table(
    plain(facts).map((frequency, pair) => {
      const ramp = Math.min(Math.max((Math.min(pair, ramped - 1) - low) / width, 0), 1);
      return (frequency / factor) * ramp + frequency * (1 - ramp);
    }),
    parameters.attention_factor ?? yarnFactor(factor, parameters),
  );
}

/**
 * Pairs that the ramp is made for. transformers makes it for floor(d / 2) of them: with 3 entries its one number holds for
 * both pairs, with any other odd number it does not fit them, and the reference fails.
 */
function rampedPairs(rotaryDims: number): number {
  if (rotaryDims % 2 === 0 || rotaryDims === 3) return Math.floor(rotaryDims / 2);
  throw new InputError(
    "config",
    `rope type yarn needs 3 or an even number of entries that are turned, got ${rotaryDims}`,
  );
}

function yarnFactor(
  factor: number,
  { mscale, mscale_all_dim: all }: RopeFacts["parameters"],
): number {
  const scaled = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  return mscale && all ? scaled(mscale) / scaled(all) : scaled(1);
}

/**
 * LongRoPE (Ding et al. 2024, arXiv:2402.13753): f[p] / short_factor[p] in runs of up to the original context c, f[p] /
 * long_factor[p] in longer ones. cos and sin are multiplied by `attention_factor`; left out: sqrt(1 + ln(factor) / ln(c)),
 * and 1 for a factor up to 1, where `factor` is max_position_embeddings / c unless it is given.
 */
function longrope(facts: RopeFacts): RotaryTable {
  const original = facts.originalContext();
  const factor = facts.parameters.factor ?? facts.context() / original;
  const usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  return {
    ...table(divideFrequencies(facts, "short_factor"), facts.parameters.attention_factor ?? usual),
    longer: {
      kind: "table",
      above: original,
      frequencies: divideFrequencies(facts, "long_factor"),
    },
  };
}

/** f[p] = theta^(-2p / head size) / factor for the first `partial_rotary_factor` of all pairs; the others are not turned. */
function proportional({ theta, headSize, rotaryDims, parameters }: RopeFacts): RotaryTable {
  const factor = parameters.factor ?? 1;
  return table(
    Array.from({ length: headSize / 2 }, (_, pair) =>
      pair < Math.trunc(rotaryDims / 2) ? theta ** ((-2 * pair) / headSize) / factor : 0,
    ),
  );
}

/** A factor for each pair, or one for all: f[p] / factors[p]. */
function divideFrequencies(
  facts: RopeFacts,
  key: "short_factor" | "long_factor" | "frequency_factors",
  name: string = key,
): number[] {
  const factors = facts.need(key);
  const frequencies = plain(facts);
  if (factors.length !== frequencies.length && factors.length !== 1)
    throw new InputError(
      "config",
      `${name} needs ${frequencies.length} factors, one for each pair, has ${factors.length}`,
    );
  return frequencies.map(
    (frequency, pair) => frequency / factors[factors.length === 1 ? 0 : pair]!,
  );
}

/** Kinds by `rope_type`. */
export const ROPE_KINDS: Readonly<Record<string, (facts: RopeFacts) => RotaryTable>> = {
  default: (facts) => table(plain(facts)),
  linear,
  dynamic,
  yarn,
  longrope,
  llama3,
  proportional,
  /** llama.cpp's rope_freqs.weight, in place of llama3's numbers. */
  frequency_factors: (facts) =>
    table(divideFrequencies(facts, "frequency_factors", "rope_freqs.weight")),
};
