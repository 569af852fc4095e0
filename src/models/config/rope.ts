/**
 * @file Rotary position embeddings: frequencies from `rope_parameters` (transformers 5) or from `rope_theta` with
 * `rope_scaling`; types default, linear and llama3, and what a GGUF file has in place of the last, a table
 * (`frequency_factors`). Others are refused by name.
 * @see transformers, modeling_rope_utils.py
 */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";

const scaling = z
  .strictObject({
    rope_type: z.string().optional(),
    type: z.string().optional(),
    rope_theta: z.number().positive().optional(),
    partial_rotary_factor: z.number().positive().max(1).optional(),
    factor: z.number().positive().optional(),
    low_freq_factor: z.number().positive().optional(),
    high_freq_factor: z.number().positive().optional(),
    original_max_position_embeddings: z.number().positive().optional(),
    frequency_factors: z.array(z.number().positive()).optional(),
  })
  .nullish();

/** The configuration keys that describe rotary embeddings, for a family's schema. */
export const ropeKeys = {
  rope_parameters: scaling,
  rope_scaling: scaling,
  rope_theta: z.number().positive().optional(),
  partial_rotary_factor: z.number().positive().max(1).optional(),
};

export interface Rope {
  /** Radians per position of each pair. */
  readonly frequencies: readonly number[];
  /** cos and sin are multiplied by this; 1 for the types that are supported. */
  readonly factor: number;
}

type Keys = { readonly [Key in keyof typeof ropeKeys]?: z.infer<(typeof ropeKeys)[Key]> };

/** Far above any model; a table is made of this many entries, so it is checked first. */
const MOST_TURNED = 65_536;

/**
 * @param headSize entries of a query or key; the first `partial_rotary_factor` of them are turned
 * @throws {InputError} "config" for types that are not supported, missing numbers, or two values that disagree
 */
export function ropeOf(
  config: Keys,
  headSize: number,
  defaults: { theta: number; part: number },
): Rope {
  if (config.rope_parameters && config.rope_scaling) {
    throw new InputError("config", "config.json gives both rope_parameters and rope_scaling");
  }
  const given = config.rope_parameters ?? config.rope_scaling ?? {};
  const theta =
    agreed(
      "rope_theta",
      config.rope_parameters?.rope_theta ?? config.rope_scaling?.rope_theta,
      config.rope_theta,
    ) ?? defaults.theta;
  const part =
    agreed("partial_rotary_factor", given.partial_rotary_factor, config.partial_rotary_factor) ??
    defaults.part;
  const type = agreed("rope_type", given.rope_type, given.type) ?? "default";
  const turned = Math.trunc(headSize * part);
  if (!(turned >= 2 && turned <= MOST_TURNED) || turned % 2 === 1)
    throw new InputError(
      "config",
      `rotary embeddings need an even number of entries up to ${MOST_TURNED}, got ${turned} of ${headSize}`,
    );
  const plain = Array.from({ length: turned / 2 }, (_, pair) => theta ** ((-2 * pair) / turned));
  const rescale = SCALINGS[type];
  if (!rescale) {
    throw new InputError(
      "config",
      `rope type ${type} is not supported (only ${Object.keys(SCALINGS).join(", ")})`,
    );
  }
  const need: Need = (key) => {
    const value = given[key];
    if (value === undefined) throw new InputError("config", `rope type ${type} needs ${key}`);
    return value as never; // its type is that of the key
  };
  return { frequencies: rescale(plain, need), factor: 1 };
}

interface Numbers {
  readonly factor: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly original_max_position_embeddings: number;
  readonly frequency_factors: readonly number[];
}

type Need = <Key extends keyof Numbers>(key: Key) => Numbers[Key];

const SCALINGS: Readonly<
  Record<string, (frequencies: readonly number[], need: Need) => readonly number[]>
> = {
  default: (frequencies) => frequencies,
  linear: (frequencies, need) => frequencies.map((frequency) => frequency / need("factor")),
  llama3: (frequencies, need) => {
    const [factor, low, high] = [need("factor"), need("low_freq_factor"), need("high_freq_factor")];
    const context = need("original_max_position_embeddings");
    return frequencies.map((frequency) => {
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength < context / high) return frequency;
      if (wavelength > context / low) return frequency / factor;
      const smooth = (context / wavelength - low) / (high - low);
      return (1 - smooth) * (frequency / factor) + smooth * frequency;
    });
  },
  /** llama.cpp's rope_freqs.weight: each frequency is divided by its factor. */
  frequency_factors: (frequencies, need) => {
    const factors = need("frequency_factors");
    if (factors.length !== frequencies.length)
      throw new InputError(
        "config",
        `rope_freqs.weight needs ${frequencies.length} factors, one for each pair, has ${factors.length}`,
      );
    return frequencies.map((frequency, pair) => frequency / factors[pair]!);
  },
};

function agreed<Value>(key: string, ...values: readonly (Value | undefined)[]): Value | undefined {
  const given = values.filter((value) => value !== undefined);
  if (new Set(given).size > 1)
    throw new InputError(
      "config",
      `config.json gives two values of ${key}: ${given.join(" and ")}`,
    );
  return given[0];
}
