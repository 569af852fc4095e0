/**
 * @file Rotary position embeddings from a configuration: `rope_parameters` (transformers 5), also by layer type, or
 * `rope_theta` with `rope_scaling` (transformers 4), in which the kind may be called `type`.
 * @see transformers, modeling_rope_utils.py
 */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import type { RotaryTable } from "../../graph/rotaryTable.ts";
import { faultSentences } from "../../base/faultSentences.ts";
import { isObject } from "../../base/isObject.ts";
import { ROPE_KINDS, type RopeFacts, type RopeNumbers } from "./ropeKinds.ts";

const positive = z.number().positive().nullish();
const factors = z.array(z.number().positive()).max(32_768).nullish();

/** Keys of `rope_parameters` and `rope_scaling`; others change nothing, and `readConfig` says so. */
const parameters = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: positive,
  partial_rotary_factor: z.number().min(0).max(1).nullish(),
  factor: positive,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: positive,
  attention_factor: z.number().min(0).nullish(),
  beta_fast: z.number().min(0).nullish(),
  beta_slow: z.number().min(0).nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
  short_factor: factors,
  long_factor: factors,
  frequency_factors: factors,
});

type Parameters = z.infer<typeof parameters>;

/** The configuration keys that describe rotary embeddings, for a family's schema. */
export const ropeKeys = {
  rope_parameters: parameters.nullish(),
  rope_scaling: parameters.nullish(),
  rope_theta: positive,
  partial_rotary_factor: z.number().positive().max(1).nullish(),
  original_max_position_embeddings: positive,
};

/** Those of families whose layers differ in them: `rope_parameters` has an entry for each type of layer. */
export const layerRopeKeys = { ...ropeKeys, rope_local_base_freq: positive };

/** Names of keys in `rope_parameters` that are read. */
export const ROPE_PARAMETERS: readonly string[] = Object.keys(parameters.shape);

/** Frequencies of each pair, what cos and sin are multiplied by, and what long runs have instead. */
export type Rope = RotaryTable;

/** Keys of a configuration that rotary positions may depend on. `original_max_position_embeddings` beside `rope_parameters` wins. */
type RopeConfig = { readonly [Key in keyof typeof ropeKeys]?: z.infer<(typeof ropeKeys)[Key]> } & {
  readonly max_position_embeddings?: number | null | undefined;
};

export interface RopeDefaults {
  readonly theta: number;
  /** Share of the entries that is turned. */
  readonly part: number;
}

/**
 * The table of a model whose layers have the same.
 *
 * @param headSize entries of a query or key; the first `partial_rotary_factor` of them are turned
 * @throws {InputError} "config" for kinds that are not supported, missing numbers, or two values that disagree
 */
export function ropeOf(config: RopeConfig, headSize: number, defaults: RopeDefaults): Rope {
  const ropeParameters = parametersIn(config);
  const nested = Object.keys(ropeParameters).find((key) => isObject(ropeParameters[key]));
  if (nested !== undefined)
    throw new InputError(
      "config",
      `rope_parameters has ${nested} apart, but layers of this family have one rope for all`,
    );
  return ropeFrom(ropeParameters, config, headSize, defaults);
}

/**
 * Positions of a run that a model with this table can read: `dynamic` is made to go on to factor x max_position_embeddings.
 */
export function reachOf({ longer }: Rope, contextLength: number): number {
  return longer?.kind === "dynamic"
    ? Math.max(contextLength, Math.floor(longer.factor * longer.above))
    : contextLength;
}

/** What one type of layers has where the configuration does not say more. */
export interface LayerRopeDefaults extends RopeDefaults {
  readonly headSize: number;
  /** Its theta in configurations of transformers 4; null: those have only the default. */
  readonly thetaKey: "rope_theta" | "rope_local_base_freq" | null;
  /** Whether `rope_scaling` of transformers 4 is about this type. */
  readonly scaled: boolean;
}

/**
 * The table of each type of layers: from `rope_parameters[type]` (transformers 5; an entry that is missing or null stands
 * for the default kind), else from `thetaKey` and, where the type is `scaled`, `rope_scaling` (transformers 4).
 *
 * @param types the defaults of each type of layers, such as full_attention and sliding_attention
 * @throws {InputError} "config" as `ropeOf`, and for `rope_parameters` that are not by type
 */
export function ropesByLayerType<Type extends string>(
  config: z.infer<z.ZodObject<typeof layerRopeKeys>> & RopeConfig,
  types: Readonly<Record<Type, LayerRopeDefaults>>,
): Readonly<Record<Type, Rope>> {
  const byType: Readonly<Record<string, unknown>> = config.rope_parameters ?? {};
  const names = Object.keys(types) as Type[];
  const flat = Object.keys(byType).find((key) => ROPE_PARAMETERS.includes(key));
  // Where every type has its own entry, transformers writes others beside them and reads none of those.
  const complete = names.every((type) => isObject(byType[type]));
  if (!complete && flat !== undefined)
    throw new InputError(
      "config",
      `rope_parameters needs an entry for each type of layers (${names.join(", ")}), has ${flat}`,
    );
  const table = (type: Type): Rope => {
    const { thetaKey, scaled, headSize, ...defaults } = types[type];
    // transformers looks for `truncate` beside the types, where it never is.
    const own = withoutTruncate(parametersOf("rope_parameters", type, byType[type]));
    const old = scaled ? config.rope_scaling : null;
    if (own && old) throw twoRopes();
    const theta = thetaKey && config[thetaKey];
    const { max_position_embeddings, partial_rotary_factor } = config;
    const rest = { rope_theta: theta, max_position_embeddings, partial_rotary_factor };
    return ropeFrom(own ?? old ?? {}, rest, headSize, defaults);
  };
  return Object.fromEntries(names.map((type) => [type, table(type)])) as Record<Type, Rope>;
}

function parametersIn({ rope_parameters: renewed, rope_scaling: old }: RopeConfig): Parameters {
  if (renewed && old && JSON.stringify(renewed) !== JSON.stringify(old)) throw twoRopes();
  return renewed ?? old ?? {};
}

function twoRopes(): InputError {
  return new InputError("config", "config.json gives both rope_parameters and rope_scaling");
}

function parametersOf(name: string, type: string, value: unknown): Parameters | null {
  const reading = parameters.nullish().safeParse(value);
  if (reading.success) return reading.data ?? null;
  const issues = reading.error.issues.map((issue) => ({
    ...issue,
    path: [name, type, ...issue.path],
  }));
  throw new InputError(
    "config",
    `rotary positions cannot be read: ${faultSentences(issues, { [name]: { [type]: value } }).join("; ")}`,
  );
}

function withoutTruncate(own: Parameters | null): Parameters | null {
  return own && { ...own, truncate: null };
}

function ropeFrom(
  ropeParameters: Parameters,
  config: Omit<RopeConfig, "rope_parameters" | "rope_scaling">,
  headSize: number,
  defaults: RopeDefaults,
): Rope {
  const kind = kindOf(ropeParameters);
  const theta =
    agreedValue("rope_theta", ropeParameters.rope_theta, config.rope_theta) ?? defaults.theta;
  const part =
    agreedValue(
      "partial_rotary_factor",
      ropeParameters.partial_rotary_factor,
      config.partial_rotary_factor,
    ) ?? defaults.part;
  const dims = turnedOf(kind, headSize, part);
  const need: RopeFacts["need"] = (key) => {
    const value = ropeParameters[key] as RopeNumbers[typeof key] | null | undefined;
    return value ?? missing(kind, key);
  };
  const context = () => config.max_position_embeddings ?? missing(kind, "max_position_embeddings");
  const originalContext = () =>
    config.original_max_position_embeddings ??
    ropeParameters.original_max_position_embeddings ??
    context();
  const facts = {
    theta,
    headSize,
    rotaryDims: dims,
    parameters: ropeParameters,
    need,
    context,
    originalContext,
  };
  return checkRope(kind, ROPE_KINDS[kind]!(facts));
}

/** "su" is what Phi-3 first called longrope; so is its "yarn", which has factors for each pair. */
function kindOf(ropeParameters: Parameters): string {
  const own = (name: string | null | undefined) => {
    const first = name === "yarn" && ropeParameters.short_factor && ropeParameters.long_factor;
    return name === "su" || first ? "longrope" : name;
  };
  const kind =
    agreedValue("rope_type", own(ropeParameters.rope_type), own(ropeParameters.type)) ?? "default";
  if (Object.hasOwn(ROPE_KINDS, kind)) return kind;
  const kinds = Object.keys(ROPE_KINDS).filter((name) => name !== "frequency_factors");
  throw new InputError("config", `rope type ${kind} is not supported (only ${kinds.join(", ")})`);
}

/** Far above any model; a table is made of this many entries, so it is checked first. */
const MOST_TURNED = 65_536;

function turnedOf(kind: string, headSize: number, part: number): number {
  const dims = Math.trunc(headSize * part);
  const size = kind === "proportional" ? headSize : dims; // there the table has all entries, whatever their part
  // Where an odd number of entries is a part of each head, transformers makes a table for one entry more.
  const even = size % 2 === 0 || size < headSize;
  if (size >= 1 && size <= MOST_TURNED && even) return dims;
  throw new InputError(
    "config",
    `rotary embeddings need an even number of entries up to ${MOST_TURNED}, got ${size} of ${headSize}`,
  );
}

function missing(kind: string, key: string): never {
  throw new InputError("config", `rope type ${kind} needs ${key}`);
}

function checkRope(kind: string, rope: Rope): Rope {
  const { frequencies, factor, longer } = rope;
  const others = longer?.kind === "table" ? longer.frequencies : [];
  const odd = [factor, ...frequencies, ...others].find((value) => !Number.isFinite(value));
  if (odd === undefined) return rope;
  throw new InputError(
    "config",
    `rope type ${kind} with these numbers gives frequencies or factors that are not finite`,
  );
}

function agreedValue<Value>(
  key: string,
  ...values: readonly (Value | null | undefined)[]
): Value | undefined {
  const settings = values.filter((value) => value !== undefined && value !== null);
  if (new Set(settings).size > 1)
    throw new InputError(
      "config",
      `config.json gives two values of ${key}: ${settings.join(" and ")}`,
    );
  return settings[0];
}
