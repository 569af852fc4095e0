/** @file Inputs that know where a token is: ids, positions, masks with or without linear biases, rotary tables. */
import type { Builder, Name } from "../../graph/builder.ts";
import type { Rope } from "../config/rope.ts";
import { streamSizes, type Place } from "./place.ts";
import {
  attentionsOf,
  type DecoderSpec,
  type MaskSpec,
  type RelativeSpec,
  type StackSpec,
  type TemperatureSpec,
} from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

const UNPLACED = "it stands for padding, which this model gives no position";

/** Token ids: [batch, position]. */
export function tokenIds(b: Builder, { vocabulary, padding }: DecoderSpec, place: Place): Name {
  const refused = padding === undefined ? undefined : { id: padding, why: UNPLACED };
  return b.input(place.ids, "int32", streamSizes(place), { below: vocabulary, refused });
}

/** Which of several texts a token is of, 0 where nobody says: [batch, position]. */
export function tokenTypeIds(b: Builder, kinds: number, place: Place): Name {
  const fill = { kind: "constant", value: 0 } as const;
  return b.input(`${place.prefix}token_type_ids`, "int32", streamSizes(place), {
    below: kinds,
    fill,
  });
}

/** 0, 1, 2, ...: [batch, position]. */
export function positionIds(b: Builder, place: Place): Name {
  return b.input(`${place.prefix}positions`, "int32", streamSizes(place), {
    fill: { kind: "count" },
  });
}

/** sin and cos of position x 10000^(-2i / d_model), sines first: [position, d_model]. */
export function sinusoids(b: Builder, dModel: number, { prefix, position }: Place): Name {
  const axes = { position, d_model: dModel };
  return b.input(`${prefix}sinusoids`, "float32", axes, { fill: { kind: "sinusoids" } });
}

/**
 * What is added to scores, in this order: biases by distance, then minus infinity where a key may not be seen and 0 elsewhere
 * [query, key]; by head with biases. Nothing where every key is seen alike.
 */
export function masksOf(
  b: Builder,
  w: WeightLookup,
  stack: StackSpec,
  place: Place,
): (attention: MaskSpec) => readonly Name[] {
  const masks = new Map<string, Name>();
  const distinct = (list: readonly string[]) => new Set(list).size > 1;
  const biases = distinct(attentionsOf(stack).map(({ alibi }) => JSON.stringify(alibi ?? null)));
  const once = (key: string, make: () => Name) => {
    const name = masks.get(key) ?? make();
    masks.set(key, name);
    return name;
  };
  return (spec) => {
    const { mask = "causal", window = null, chunk, reach = null } = spec;
    const { alibi = null, relative = null } = spec;
    const axes = { query: place.position, key: place.position };
    const bias = relative && once("relative", () => relativeBias(b, w, spec, relative, place));
    if (mask === "none" && reach === null) return bias ? [bias] : [];
    const parts = chunk ? { chunk } : {};
    const suffix = [window, reach, chunk ? `chunk_${chunk}` : null]
      .map((value) => (value === null ? "" : `.${value}`))
      .join("");
    const kind = mask === "none" ? "band_mask" : alibi ? "alibi_mask" : "causal_mask";
    const name = `${place.prefix}${kind}${suffix}`;
    const added = once(`${name} ${biases ? JSON.stringify(alibi) : ""}`, () => {
      const as = [...masks.values()].includes(name) ? `${name}.${masks.size}` : name;
      if (reach !== null)
        return b.input(as, "float32", axes, { fill: { kind: "bandMask", reach } });
      if (!alibi)
        return b.input(as, "float32", axes, { fill: { kind: "causalMask", window, ...parts } });
      const fill = { kind: "alibiMask", window, ...alibi } as const;
      return b.input(as, "float32", { head: spec.heads, ...axes }, { fill });
    });
    return bias ? [bias, added] : [added];
  };
}

/** One number for each head and each bucket of distances: [head, query, key]. */
function relativeBias(
  b: Builder,
  w: WeightLookup,
  { mask = "causal" }: MaskSpec,
  { buckets, maxDistance }: RelativeSpec,
  { prefix, position }: Place,
): Name {
  const fill = {
    kind: "relativeBuckets",
    buckets,
    maxDistance,
    bothWays: mask === "none",
  } as const;
  const axes = { query: position, key: position };
  const ids = b.input(`${prefix}relative_buckets`, "int32", axes, { fill, below: buckets });
  const bias = b.gather(requireWeight(w, `${prefix}relative.W_bias`), ids); // [query, key, head]
  return b.op("transpose", [bias], { axes: ["head", "query", "key"] }, `${prefix}relative_bias`);
}

/** 1 where the key comes before the query, [query, key]; made at its first use. */
export function earlierPositions(b: Builder, { prefix, position }: Place): () => Name {
  let name: Name | null = null;
  return () =>
    (name ??= b.input(
      `${prefix}earlier_positions`,
      "float32",
      { query: position, key: position },
      { fill: { kind: "earlier" } },
    ));
}

/** What queries are multiplied by at each position, [position]; once for each pair of numbers. */
export function temperatures(b: Builder, place: Place): (spec: TemperatureSpec) => Name {
  const names = new Map<string, Name>();
  return (spec) => {
    const key = JSON.stringify(spec);
    const suffix = names.size === 0 ? "" : `.${names.size}`;
    const input = names.get(key) ?? temperatureInput(b, place, spec, suffix);
    names.set(key, input);
    return input;
  };
}

function temperatureInput(
  b: Builder,
  { prefix, position }: Place,
  { first, floor, scale }: TemperatureSpec,
  suffix: string,
): Name {
  const fill = { kind: "temperature", first, floor, scale } as const;
  return b.input(`${prefix}temperature${suffix}`, "float32", { position }, { fill });
}

/** cos and sin of every position, [position, rotary] each, once for each table. */
export function rotaryTables(b: Builder, place: Place): (rope: Rope) => readonly [Name, Name] {
  const byRope = new Map<Rope, readonly [Name, Name]>();
  return (rope) => {
    const pair = byRope.get(rope);
    if (pair) return pair;
    const suffix = byRope.size === 0 ? "" : `.${byRope.size}`;
    const tables = [
      table(b, rope, "cos", suffix, place),
      table(b, rope, "sin", suffix, place),
    ] as const;
    byRope.set(rope, tables);
    return tables;
  };
}

function table(
  b: Builder,
  rope: Rope,
  part: "cos" | "sin",
  suffix: string,
  { prefix, position }: Place,
): Name {
  const axes = { position, rotary: rope.frequencies.length };
  const fill = { kind: "rotary", part, ...rope } as const;
  return b.input(`${prefix}rotary_${part}${suffix}`, "float32", axes, { fill });
}
