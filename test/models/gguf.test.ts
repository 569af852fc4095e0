/** @file Every architecture of GGUF: checkpoints converted as llama.cpp does give the numbers of the original. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { openModel } from "../../src/models/open.ts";
import { huggingFaceName } from "../../src/models/gguf/names.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";
import { readAll, shared, unlessShared } from "../shared.ts";
import { ggufBytes, type GgufEntry, type GgufTensorToWrite } from "./ggufWriter.ts";

const engine = (await backends())[0]!;
const scratch = mkdtempSync(join(tmpdir(), "induction-lens-gguf-"));
afterAll(() => rmSync(scratch, { recursive: true }));

type Config = Record<string, number> & {
  rope_parameters?: { rope_theta: number; partial_rotary_factor?: number };
};

/** Golden -> architecture, and the metadata that llama.cpp's converter writes. */
const CONVERTED: Readonly<
  Record<string, { type: string; architecture: string; metadata: (c: Config) => GgufEntry[] }>
> = {
  llama: { type: "llama", architecture: "llama", metadata: (c) => llamaKeys("llama", c) },
  qwen2: { type: "qwen2", architecture: "qwen2", metadata: (c) => llamaKeys("qwen2", c) },
  qwen3: { type: "qwen3", architecture: "qwen3", metadata: (c) => llamaKeys("qwen3", c) },
  gpt2: {
    type: "gpt2",
    architecture: "gpt2",
    metadata: (c) => [
      ["gpt2.block_count", "uint32", c["n_layer"]!],
      ["gpt2.context_length", "uint32", c["n_positions"]!],
      ["gpt2.embedding_length", "uint32", c["n_embd"]!],
      ["gpt2.feed_forward_length", "uint32", 4 * c["n_embd"]!],
      ["gpt2.attention.head_count", "uint32", c["n_head"]!],
      ["gpt2.attention.layer_norm_epsilon", "float32", c["layer_norm_epsilon"]!],
    ],
  },
  neox: {
    type: "gpt_neox",
    architecture: "gptneox",
    metadata: (c) => [
      ...sizes("gptneox", c),
      ["gptneox.rope.dimension_count", "uint32", 2],
      ["gptneox.use_parallel_residual", "bool", true],
      ["gptneox.attention.layer_norm_epsilon", "float32", c["layer_norm_eps"]!],
    ],
  },
};

function sizes(prefix: string, c: Config): GgufEntry[] {
  return [
    [`${prefix}.block_count`, "uint32", c["num_hidden_layers"]!],
    [`${prefix}.context_length`, "uint32", c["max_position_embeddings"]!],
    [`${prefix}.embedding_length`, "uint32", c["hidden_size"]!],
    [`${prefix}.feed_forward_length`, "uint32", c["intermediate_size"]!],
    [`${prefix}.attention.head_count`, "uint32", c["num_attention_heads"]!],
  ];
}

function llamaKeys(prefix: string, c: Config): GgufEntry[] {
  return [
    ...sizes(prefix, c),
    [`${prefix}.attention.head_count_kv`, "uint32", c["num_key_value_heads"]!],
    [`${prefix}.attention.layer_norm_rms_epsilon`, "float32", c["rms_norm_eps"]!],
    [`${prefix}.rope.freq_base`, "float32", c.rope_parameters!.rope_theta],
    ...(prefix === "qwen3"
      ? [[`${prefix}.attention.key_length`, "uint32", c["head_dim"]!] as const]
      : []),
  ];
}

interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What the converter does to a tensor's numbers. */
function convert(type: string, name: string, value: Values, c: Config): Values {
  if (type === "llama" && /[qk]_proj/.test(name)) {
    return paired(
      value,
      name.includes("q_proj") ? c["num_attention_heads"]! : c["num_key_value_heads"]!,
    );
  }
  if (type === "gpt2" && /c_(attn|proj|fc)\.weight/.test(name)) return transposed(value);
  if (type === "gpt_neox" && name.includes("query_key_value"))
    return oneAfterTheOther(value, c["num_attention_heads"]!);
  return value;
}

/** Rows (head, part, pair) become (head, pair, part). */
function paired({ shape, data }: Values, heads: number): Values {
  const [rows, width] = [shape[0]!, shape[1] ?? 1];
  const pairs = rows / heads / 2;
  return byRow({ shape, data }, width, (row) => {
    const [head, within] = [Math.floor(row / (2 * pairs)), row % (2 * pairs)];
    return head * 2 * pairs + (within % 2) * pairs + Math.floor(within / 2);
  });
}

/** Rows (head, qkv, d_head) become (qkv, head, d_head). */
function oneAfterTheOther({ shape, data }: Values, heads: number): Values {
  const dHead = shape[0]! / 3 / heads;
  return byRow({ shape, data }, shape[1] ?? 1, (row) => {
    const [part, head, entry] = [
      Math.floor(row / (heads * dHead)),
      Math.floor(row / dHead) % heads,
      row % dHead,
    ];
    return (head * 3 + part) * dHead + entry;
  });
}

/** Row `row` of the result is row `from(row)` of the original. */
function byRow({ shape, data }: Values, width: number, from: (row: number) => number): Values {
  const moved = new Float32Array(data.length);
  for (let row = 0; row < shape[0]!; row++)
    moved.set(data.subarray(from(row) * width, (from(row) + 1) * width), row * width);
  return { shape, data: moved };
}

function transposed({ shape: [rows, columns], data }: Values): Values {
  return {
    shape: [columns!, rows!],
    data: data.map((_, index) => data[(index % rows!) * columns! + Math.floor(index / rows!)]!),
  };
}

const { skip, note } = unlessShared("goldens");
describe.skipIf(skip)(`GGUF${note}`, () => {
  for (const [golden, { type, architecture, metadata }] of Object.entries(CONVERTED)) {
    test(`${architecture}: logits, queries and patterns equal the original's`, async () => {
      const folder = shared("goldens", golden)!;
      const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Config;
      const values = await readAll(join(folder, "model.safetensors"));
      const tensors = [...values].map(([name, value]): GgufTensorToWrite => ({
        name: ggufName(type, name),
        ...convert(type, name, value, config),
      }));
      const path = join(scratch, `${golden}.gguf`);
      writeFileSync(
        path,
        ggufBytes([["general.architecture", "string", architecture], ...metadata(config)], tensors),
      );
      const { tokens } = JSON.parse(readFileSync(join(folder, "tokens.json"), "utf8")) as {
        tokens: number[][];
      };
      const names = [
        "logits",
        "blocks.1.attn.hook_q",
        "blocks.1.attn.hook_k",
        "blocks.1.attn.hook_pattern",
        "blocks.1.attn.hook_z",
      ];
      const [ours, original] = [await run(path, tokens, names), await run(folder, tokens, names)];
      for (const name of names) {
        original
          .get(name)!
          .data.forEach((value, index) =>
            expect(Math.abs(ours.get(name)!.data[index]! - value), name).toBeLessThan(2e-5),
          );
      }
    });
  }

  test("llama: the table that LLaMA 3's scaling becomes gives the numbers of the scaling", async () => {
    const folder = shared("goldens", "llama")!;
    const plain = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Config;
    const theta = plain.rope_parameters!.rope_theta;
    const scaling = {
      rope_type: "llama3",
      rope_theta: theta,
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 16,
    };
    const scaled = join(scratch, "llama3");
    mkdirSync(scaled);
    writeFileSync(
      join(scaled, "config.json"),
      JSON.stringify({ ...plain, rope_parameters: scaling }),
    );
    copyFileSync(join(folder, "model.safetensors"), join(scaled, "model.safetensors"));
    const dHead = plain["head_dim"]!;
    const factors = Float32Array.from({ length: dHead / 2 }, (_, pair) => {
      const turns = (16 * theta ** ((-2 * pair) / dHead)) / (2 * Math.PI); // in the original context
      if (turns < 1) return 8;
      return turns > 4 ? 1 : 1 / ((1 - (turns - 1) / 3) / 8 + (turns - 1) / 3);
    });
    expect(new Set(factors).size).toBeGreaterThan(1);
    const values = await readAll(join(folder, "model.safetensors"));
    const tensors = [...values].map(([name, value]): GgufTensorToWrite => ({
      name: ggufName("llama", name),
      ...convert("llama", name, value, plain),
    }));
    const path = join(scratch, "llama3.gguf");
    const write = (table: Float32Array) =>
      writeFileSync(
        path,
        ggufBytes(
          [["general.architecture", "string", "llama"], ...llamaKeys("llama", plain)],
          [...tensors, { name: "rope_freqs.weight", shape: [table.length], data: table }],
        ),
      );
    const { tokens } = JSON.parse(readFileSync(join(folder, "tokens.json"), "utf8")) as {
      tokens: number[][];
    };
    write(factors);
    const names = ["logits", "blocks.1.attn.hook_pattern"];
    const [ours, original] = [await run(path, tokens, names), await run(scaled, tokens, names)];
    for (const name of names) {
      original
        .get(name)!
        .data.forEach((value, index) =>
          expect(Math.abs(ours.get(name)!.data[index]! - value), name).toBeLessThan(2e-5),
        );
    }
    write(factors.subarray(1));
    await expect(openModel(path)).rejects.toThrow(/rope_freqs.weight needs .* factors/);
    write(factors.map(() => 0));
    await expect(openModel(path)).rejects.toThrow(/frequency_factors/);
  });

  test("names what is not supported: an architecture, a key", async () => {
    const write = (entries: GgufEntry[]) => {
      const path = join(scratch, "refused.gguf");
      writeFileSync(
        path,
        ggufBytes(entries, [
          { name: "token_embd.weight", shape: [4, 2], data: new Float32Array(8) },
        ]),
      );
      return openModel(path);
    };
    await expect(write([["general.architecture", "string", "mamba"]])).rejects.toThrow(
      /architecture "mamba", which is not supported/,
    );
    await expect(
      write([
        ["general.architecture", "string", "llama"],
        ["llama.expert_count", "uint32", 8],
      ]),
    ).rejects.toThrow(/llama.expert_count/);
  });
});

async function run(path: string, tokens: number[][], names: readonly string[]) {
  const model = await openModel(path);
  const session = await prepare(slice(model.program, { outputs: names }), engine);
  const rows = tensor(
    ["batch", "position"],
    [tokens.length, tokens[0]!.length],
    Int32Array.from(tokens.flat()),
  );
  const trace = await session.run(new Map([["tokens", rows]]));
  await session.dispose();
  await model.close();
  return trace;
}

/** The name in a GGUF of a Hugging Face tensor, by trying the map the other way. */
function ggufName(type: string, name: string): string {
  const layer = /\.(\d+)\./.exec(name)?.[1];
  const parts = ["token_embd", "position_embd", "output_norm", "output"];
  const inner = [
    "attn_norm",
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_output",
    "attn_qkv",
    "attn_q_norm",
    "attn_k_norm",
    "ffn_norm",
    "ffn_gate",
    "ffn_up",
    "ffn_down",
  ];
  const all = layer === undefined ? parts : inner.map((part) => `blk.${layer}.${part}`);
  const found = all
    .flatMap((part) => [`${part}.weight`, `${part}.bias`])
    .find((each) => huggingFaceName(type, each) === name);
  if (!found) throw new Error(`no GGUF name for ${name}`);
  return found;
}
