/** @file A family as a row of data: which configuration keys it reads, what decoder they mean, what its modules are called. */
import type { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { readConfig, unreadNotice } from "../config/readConfig.ts";
import { reachOf } from "../config/rope.ts";
import { decoderModel } from "../decoder/decoderModel.ts";
import type {
  AttentionSpec,
  BlockSpec,
  DecoderSpec,
  MlpSpec,
  RotarySpec,
} from "../decoder/spec.ts";
import { withNotices, type Family, type StoredLayout } from "../family.ts";
import { moduleMap } from "../names/moduleMap.ts";
import type { ModuleNames } from "../names/moduleNames.ts";
import type { CheckpointTensors } from "../checkpointTensors.ts";
import type { Sizes } from "../weightMap.ts";

/** What a family makes of its configuration. */
export interface Row {
  readonly spec: Omit<DecoderSpec, "family">;
  readonly names: ModuleNames;
  /** d_mlp, and d_expert, d_shared, d_embed where the model has such parts. */
  readonly sizes: Sizes;
  readonly tied: boolean;
  readonly ignorable?: readonly RegExp[];
}

/** What a row may depend on beside the configuration's handled keys. */
export interface RowContext {
  readonly json: Readonly<Record<string, unknown>>;
  readonly layout: StoredLayout;
  /** Whether the checkpoint has a tensor whose name ends so. */
  readonly has: (name: string) => boolean;
  /** The shape of that tensor; null if there is none. */
  readonly shapeOf: (name: string) => readonly number[] | null;
}

export interface FamilyOptions {
  /** Keys with the only values that are computed. */
  readonly fixed?: Readonly<Record<string, readonly unknown[]>>;
  /** Other names of keys, as transformers' attribute_map has them: other -> own. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Keys in `rope_parameters` that this family reads, or knows to change nothing, beside those of every family. */
  readonly ropeKeys?: readonly string[];
}

/**
 * @param schema keys of config.json that are handled; those with a default may be missing
 */
export function family<Shape extends z.ZodRawShape>(
  name: string,
  schema: z.ZodObject<Shape>,
  rowOf: (c: z.infer<z.ZodObject<Shape>>, context: RowContext) => Row,
  { fixed = {}, aliases = {}, ropeKeys = [] }: FamilyOptions = {},
): Family {
  return (config, checkpoint, options = {}) => {
    const json = underOwnNames(config, aliases);
    const c = readConfig(name, schema, json, fixed);
    const { layout = "hugging_face" } = options;
    const row = rowOf(c, { json, layout, ...tensorsIn(checkpoint) });
    const spec = { family: name, ...row.spec, contextLength: reachOfRow(row) };
    const { positionOffset = 0, base } = row.names;
    const sizes = { n_rows: row.spec.contextLength + positionOffset, ...row.sizes };
    const weights = moduleMap(spec, row.names);
    const model = decoderModel({ ...row, spec, weights, base, sizes }, json, checkpoint, options);
    return withNotices(model, [unreadNotice(name, schema, json, { fixed, ropeKeys })]);
  };
}

/** Positions that every layer can read. */
function reachOfRow({ spec: { blocks, contextLength } }: Row): number {
  const ropes = blocks.flatMap(({ attention }) => attention?.rotary?.rope ?? []);
  return ropes.reduce((most, rope) => Math.max(most, reachOf(rope, contextLength)), contextLength);
}

/** Keys under the family's own names; a key that is there under both keeps the own one. */
function underOwnNames(
  json: Readonly<Record<string, unknown>>,
  aliases: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const others = Object.keys(aliases).filter((other) => Object.hasOwn(json, other));
  if (others.length === 0) return json;
  const rest = Object.entries(json).filter(([key]) => !others.includes(key));
  const renamed = others.map((other) => [aliases[other]!, json[other]] as const);
  return { ...Object.fromEntries(renamed), ...Object.fromEntries(rest) };
}

function tensorsIn({
  weights,
  unsupported,
}: CheckpointTensors): Pick<RowContext, "has" | "shapeOf"> {
  const names = [...weights.keys(), ...unsupported.keys()];
  return {
    has: (end) => names.some((name) => name.endsWith(end)),
    shapeOf: (end) => {
      const name = names.find((each) => each.endsWith(end));
      return (name === undefined ? undefined : weights.get(name))?.shape ?? null;
    },
  };
}

/** What may differ from layer to layer: an entry each; left out: as `attention` says. */
export interface ByLayer {
  readonly windows?: readonly (number | null)[];
  readonly rotary?: readonly (RotarySpec | null)[];
  readonly scales?: readonly number[];
  readonly others?: readonly Partial<AttentionSpec>[];
}

/** Blocks that are alike but for what `ByLayer` has. */
export function blocksOf(
  layers: number,
  attention: AttentionSpec,
  mlp: BlockSpec["mlp"] | ((layer: number) => MlpSpec),
  { windows, rotary, scales, others }: ByLayer = {},
): BlockSpec[] {
  return Array.from({ length: layers }, (_, layer) => ({
    attention: {
      ...attention,
      ...(windows && { window: windows[layer]! }),
      ...(rotary && { rotary: rotary[layer]! }),
      ...(scales && { scale: scales[layer]! }),
      ...others?.[layer],
    },
    mlp: typeof mlp === "function" ? mlp(layer) : mlp,
  }));
}

export type LayerType = "full_attention" | "sliding_attention";

/** The kind of each layer: as the configuration says, else by `otherwise`. */
export function layerTypesOf(
  types: readonly LayerType[] | null | undefined,
  layers: number,
  otherwise: (layer: number) => boolean,
): readonly LayerType[] {
  if (!types)
    return Array.from({ length: layers }, (_, layer) =>
      otherwise(layer) ? "sliding_attention" : "full_attention",
    );
  checkLayerTypes(types, layers);
  return types;
}

/** @throws {InputError} "config" unless there is one entry for each layer */
export function checkLayerTypes(types: readonly string[], layers: number): void {
  if (types.length !== layers)
    throw new InputError("config", `layer_types needs ${layers} entries, got ${types.length}`);
}

/** The window of each layer, or what else bounds those that do not see all. */
export function windowsOf(
  types: readonly string[],
  window: number | null | undefined,
  needs = "sliding_window",
): (number | null)[] {
  return types.map((type) => {
    if (type === "full_attention") return null;
    if (!window) throw new InputError("config", `layer_types has ${type}, but ${needs} is not set`);
    return window;
  });
}

/** `heads` that share `kvHeads` evenly. */
export function checkGroups(
  heads: number,
  kvHeads: number,
  keys = ["num_attention_heads", "num_key_value_heads"],
): void {
  if (heads % kvHeads === 0) return;
  throw new InputError("config", `${keys[0]} ${heads} cannot share ${keys[1]} ${kvHeads} evenly`);
}
