/** @file Apertus: its activation's four numbers of each layer are settings of the file, not tensors. */
import { bytesInMemory } from "../../../base/bytes.ts";
import { InputError } from "../../../base/errors.ts";
import type { WantedTensor } from "../../../formats/gguf/wantedTensor.ts";
import type { GgufArchitecture } from "../architecture.ts";
import type { GgufFacts } from "../facts.ts";
import { attention, biases, ENDS, IMPLIED, LLAMA_KEYS, rope, TABLES } from "../parts.ts";
import { renameTo } from "../rules.ts";

const LAYER = "model.layers.{}";

/** Names, and the shapes that the checkpoint has them in: two are weights, two are constants. */
const NUMBERS = { alpha_n: [1], alpha_p: [1], beta: [], eps: [] } as const;

const apertus: GgufArchitecture = {
  modelType: "apertus",
  keys: LLAMA_KEYS,
  moreKeys: IMPLIED,
  more: (facts) => ({
    hidden_act: "xielu",
    attention_bias: biases(facts).attention_bias,
    ...rope(facts),
  }),
  tensors: {
    ...ENDS,
    ...TABLES,
    ...attention(),
    ...renameTo("blk.{}.attn_norm", `${LAYER}.attention_layernorm`),
    ...renameTo("blk.{}.ffn_norm", `${LAYER}.feedforward_layernorm`),
    ...renameTo("blk.{}.ffn_up", `${LAYER}.mlp.up_proj`),
    ...renameTo("blk.{}.ffn_down", `${LAYER}.mlp.down_proj`),
  },
  tensorsOfSettings: (facts) =>
    Object.fromEntries(
      Object.entries(NUMBERS).flatMap(([name, shape]) =>
        numbersOf(facts, `xielu.${name}`).map((value, layer) => [
          `model.layers.${layer}.mlp.act_fn.${name}`,
          inMemory(`${facts.path}, xielu.${name}`, value, shape),
        ]),
      ),
    ),
};

/** A number for each layer; one alone is that of all. */
function numbersOf(facts: GgufFacts, key: string): readonly number[] {
  const value = facts.metadata.get(key);
  const numbers: readonly unknown[] =
    typeof value === "number" ? new Array<number>(facts.layers).fill(value) : [value].flat();
  if (numbers.length === facts.layers && numbers.every((each) => typeof each === "number"))
    return numbers;
  throw new InputError(
    "config",
    `${facts.path} needs a number of ${key} for each of ${facts.layers} layers`,
  );
}

function inMemory(name: string, value: number, shape: readonly number[]): WantedTensor {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  const run = { source: bytesInMemory(name, bytes), type: "F32", offset: 0, sizeBytes: 4 } as const;
  return { shape, runs: [run] };
}

export const XIELU: Readonly<Record<string, GgufArchitecture>> = { apertus };
