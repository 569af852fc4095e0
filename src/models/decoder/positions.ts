/** @file Inputs that know where a token is: ids, positions, masks with or without linear biases, rotary tables. */
import type { Builder, Name } from "../../graph/builder.ts";
import type { Rope } from "../config/rope.ts";
import type { AttentionSpec, DecoderSpec } from "./spec.ts";

const STREAM = { batch: "batch", position: "position" };

/** Token ids: [batch, position]. */
export function tokenIds(b: Builder, vocabulary: number): Name {
  return b.input("tokens", "int32", STREAM, { below: vocabulary });
}

/** 0, 1, 2, ...: [batch, position]. */
export function positionIds(b: Builder): Name {
  return b.input("positions", "int32", STREAM, { fill: { kind: "count" } });
}

/** What is added to scores: minus infinity where a key may not be seen, else 0 [query, key]; by head with linear biases. */
export function masksOf(b: Builder, { blocks }: DecoderSpec): (attention: AttentionSpec) => Name {
  const made = new Map<string, Name>();
  const axes = { query: "position", key: "position" };
  const distinct = (list: readonly string[]) => new Set(list).size > 1;
  const biases = distinct(blocks.map(({ attention }) => JSON.stringify(attention.alibi ?? null)));
  return ({ window = null, alibi = null, heads }) => {
    const suffix = window === null ? "" : `.${window}`;
    const name = alibi ? `alibi_mask${suffix}` : `causal_mask${suffix}`;
    const key = `${name} ${biases ? JSON.stringify(alibi) : ""}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const as = [...made.values()].includes(name) ? `${name}.${made.size}` : name;
    const mask = alibi
      ? b.input(
          as,
          "float32",
          { head: heads, ...axes },
          { fill: { kind: "alibiMask", window, ...alibi } },
        )
      : b.input(as, "float32", axes, { fill: { kind: "causalMask", window } });
    made.set(key, mask);
    return mask;
  };
}

/** cos and sin of every position, [position, rotary] each, once for each table. */
export function rotaryTables(b: Builder): (rope: Rope) => readonly [Name, Name] {
  const made = new Map<Rope, readonly [Name, Name]>();
  return (rope) => {
    const known = made.get(rope);
    if (known) return known;
    const suffix = made.size === 0 ? "" : `.${made.size}`;
    const tables = [table(b, rope, "cos", suffix), table(b, rope, "sin", suffix)] as const;
    made.set(rope, tables);
    return tables;
  };
}

function table(b: Builder, rope: Rope, part: "cos" | "sin", suffix: string): Name {
  const axes = { position: "position", rotary: rope.frequencies.length };
  const fill = { kind: "rotary", part, ...rope } as const;
  return b.input(`rotary_${part}${suffix}`, "float32", axes, { fill });
}
