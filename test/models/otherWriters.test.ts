/** @file Checkpoints with names of their own: llama2.c, Meta, nanochat, LLMs-from-scratch, and anybody's by a map. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { torchFile, type TorchTensor } from "../../src/formats/torch/writeTorch.ts";
import { safetensorsBytes, type TensorToWrite } from "../../src/formats/writeSafetensors.ts";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { tensor } from "../../src/base/tensor.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { openModel, type OpenOptions } from "../../src/models/open.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { checkedMap, type NameMap } from "../../src/models/nameMap.ts";
import { writeCheckpoint } from "../cli/checkpoint.ts";
import { cli, emptyFolder } from "../cli/cli.ts";
import { backends } from "../runtime/backends.ts";
import { shared, unlessShared } from "../shared.ts";
import {
  CONFIG,
  matrixTensors,
  numbers,
  plainTensors,
  weightsIn,
  writeFolder,
} from "./tinyLlama.ts";

const engine = (await backends())[0]!;

/** The tensors of llama2.c's own .bin (version 0) under the names that its PyTorch model has. */
function stories(): { tensors: TorchTensor[]; args: Map<string, number> } {
  const bytes = readFileSync(shared("data", "stories260k", "stories260K.bin")!);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [dim, hidden, layers, heads, kvHeads, vocab, length] = [0, 1, 2, 3, 4, 5, 6].map((at) =>
    view.getInt32(4 * at, true),
  ) as [number, number, number, number, number, number, number];
  let at = 28;
  const take = (name: string, shape: number[]): TorchTensor => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: count }, (_, index) =>
      view.getFloat32(at + 4 * index, true),
    );
    at += 4 * count;
    return { name, shape, data };
  };
  const each = (name: string, shape: number[]) =>
    Array.from({ length: layers }, (_, layer) => take(`layers.${layer}.${name}.weight`, shape));
  const kv = (dim / heads) * kvHeads;
  const embed = take("tok_embeddings.weight", [vocab, dim]);
  const tensors = [
    embed,
    ...each("attention_norm", [dim]),
    ...each("attention.wq", [dim, dim]),
    ...each("attention.wk", [kv, dim]),
    ...each("attention.wv", [kv, dim]),
    ...each("attention.wo", [dim, dim]),
    ...each("ffn_norm", [dim]),
    ...each("feed_forward.w1", [hidden, dim]),
    ...each("feed_forward.w2", [dim, hidden]),
    ...each("feed_forward.w3", [hidden, dim]),
    take("norm.weight", [dim]),
    { ...embed, name: "output.weight" },
    { name: "freqs_cos", shape: [2], data: new Float32Array(2) },
  ];
  const args = new Map(
    Object.entries({
      dim,
      n_layers: layers,
      n_heads: heads,
      n_kv_heads: kvHeads,
      vocab_size: vocab,
      max_seq_len: length,
    }),
  );
  return { tensors, args };
}

const goldens = unlessShared("data", "stories260k");
describe.skipIf(goldens.skip)(`LLaMA as Meta names it${goldens.note}`, () => {
  const theirs = () => weightsIn(shared("data", "stories260k", "hf")!);

  test("llama2.c's checkpoint has the weights of the same model in Hugging Face's form", async () => {
    const { tensors, args } = stories();
    const path = join(emptyFolder(), "stories.pt");
    const compiled = tensors.map((tensor) => ({ ...tensor, name: `_orig_mod.${tensor.name}` }));
    writeFileSync(path, torchFile("model", compiled, new Map([["model_args", args]])));
    const model = await openModel(path);
    expect(model.architecture).toMatchObject({
      family: "llama",
      layers: 5,
      heads: 8,
      kvHeads: 4,
      contextLength: 512,
    });
    await model.close();
    expect(await weightsIn(path)).toEqual(await theirs());
  });

  test("Meta's folder (consolidated.00.pth with params.json) too; several parts and scaled positions are refused", async () => {
    const { tensors, args } = stories();
    const folder = emptyFolder();
    const file = torchFile("model", tensors, new Map());
    const params = { ...Object.fromEntries(args), vocab_size: -1, multiple_of: 4, norm_eps: 1e-5 };
    writeFileSync(join(folder, "consolidated.00.pth"), file);
    writeFileSync(join(folder, "params.json"), JSON.stringify(params));
    expect(await weightsIn(folder)).toEqual(await theirs());
    writeFileSync(
      join(folder, "params.json"),
      JSON.stringify({ ...params, use_scaled_rope: true }),
    );
    await expect(openModel(folder)).rejects.toThrow(
      "says use_scaled_rope, and no file says by how much",
    );
    writeFileSync(join(folder, "params.json"), JSON.stringify({ dim: 64 }));
    await expect(openModel(folder)).rejects.toThrow("n_layers");
    writeFileSync(join(folder, "consolidated.01.pth"), file);
    await expect(openModel(folder)).rejects.toThrow(
      "in 2 parts for as many devices, which are not joined",
    );
  });
});

describe("a GPT of LLMs-from-scratch", () => {
  const [width, layers, vocab, context] = [8, 2, 12, 16];
  const turn = (data: Float32Array, rows: number, columns: number) =>
    Float32Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);

  function both(bias: boolean) {
    const [own, hf]: [TorchTensor[], TorchTensor[]] = [[], []];
    let seed = 0;
    const vector = (theirs: string, ours: string, size = width) => {
      const data = numbers([size], seed++);
      own.push({ name: theirs, shape: [size], data });
      hf.push({ name: ours, shape: [size], data });
    };
    const linear = (theirs: string, ours: string, out: number, into: number) => {
      const data = numbers([out, into], seed++);
      own.push({ name: `${theirs}.weight`, shape: [out, into], data });
      hf.push({ name: `${ours}.weight`, shape: [into, out], data: turn(data, out, into) });
      vector(`${theirs}.bias`, `${ours}.bias`, out);
    };
    const table = (theirs: string, ours: string, rows: number) => {
      const data = numbers([rows, width], seed++);
      own.push({ name: theirs, shape: [rows, width], data });
      hf.push({ name: ours, shape: [rows, width], data });
    };
    table("tok_emb.weight", "transformer.wte.weight", vocab);
    table("pos_emb.weight", "transformer.wpe.weight", context);
    table("out_head.weight", "lm_head.weight", vocab);
    for (let layer = 0; layer < layers; layer++) {
      const [t, h] = [`trf_blocks.${layer}.`, `transformer.h.${layer}.`];
      const parts = ["query", "key", "value"].map((name) => ({
        name,
        data: numbers([width, width], seed++),
        bias: numbers([width], seed++),
      }));
      for (const { name, data, bias: values } of parts) {
        own.push({ name: `${t}att.W_${name}.weight`, shape: [width, width], data });
        if (bias) own.push({ name: `${t}att.W_${name}.bias`, shape: [width], data: values });
      }
      const all = Float32Array.from(parts.flatMap(({ data }) => [...data]));
      hf.push({
        name: `${h}attn.c_attn.weight`,
        shape: [width, 3 * width],
        data: turn(all, 3 * width, width),
      });
      const biases = Float32Array.from(
        parts.flatMap(({ bias: values }) => [...(bias ? values : values.map(() => 0))]),
      );
      hf.push({ name: `${h}attn.c_attn.bias`, shape: [3 * width], data: biases });
      own.push({
        name: `${t}att.mask`,
        shape: [context, context],
        data: new Float32Array(context * context),
      });
      linear(`${t}att.out_proj`, `${h}attn.c_proj`, width, width);
      linear(`${t}ff.layers.0`, `${h}mlp.c_fc`, 4 * width, width);
      linear(`${t}ff.layers.2`, `${h}mlp.c_proj`, width, 4 * width);
      for (const [theirs, ours] of [
        ["norm1", "ln_1"],
        ["norm2", "ln_2"],
      ] as const) {
        vector(`${t}${theirs}.scale`, `${h}${ours}.weight`);
        vector(`${t}${theirs}.shift`, `${h}${ours}.bias`);
      }
    }
    vector("final_norm.scale", "transformer.ln_f.weight");
    vector("final_norm.shift", "transformer.ln_f.bias");
    return { own, hf };
  }

  test.each([true, false])(
    "qkv_bias %s: has the weights of the same GPT-2, once its heads are given",
    async (bias) => {
      const { own, hf } = both(bias);
      const folder = emptyFolder();
      const path = join(folder, "model.pth");
      writeFileSync(
        path,
        torchFile("model_state_dict", own, new Map([["optimizer_state_dict", new Map()]])),
      );
      await expect(openModel(path)).rejects.toThrow('give it in `map`: {"config": {"n_head": 12}}');
      const config = {
        model_type: "gpt2",
        n_embd: width,
        n_layer: layers,
        n_head: 2,
        vocab_size: vocab,
        n_positions: context,
        tie_word_embeddings: false,
      };
      const plain = writeFolder(join(folder, "hf"), hf, { config });
      const tokens = tensor(["batch", "position"], [1, 6], Int32Array.of(1, 5, 2, 9, 5, 2));
      const logits = async (name: string, options: OpenOptions = {}) => {
        const model = await openModel(name, options);
        const session = await prepare(model.program, engine);
        const { data } = (await session.run(new Map([["tokens", tokens]]))).get("logits")!;
        await session.close();
        await model.close();
        return [...data];
      };
      const [ours, theirs] = [
        await logits(path, { map: { config: { n_head: 2 } } }),
        await logits(plain),
      ];
      ours.forEach((value, index) => expect(Math.abs(value - theirs[index]!)).toBeLessThan(1e-5));
    },
  );
});

describe("a map of names", () => {
  const MAP: NameMap = {
    config: CONFIG,
    names: {
      "model.embed_tokens.weight": "embed",
      "model.layers.{layer}.self_attn.q_proj.weight": { from: "block{layer}.q", transpose: true },
      "model.layers.{layer}.mlp.up_proj.weight": { from: ["block{layer}.up1", "block{layer}.up2"] },
      "model.layers.{layer}.mlp.down_proj.weight": {
        from: ["block{layer}.down1", "block{layer}.down2"],
        join: 1,
      },
    },
    ignore: ["steps", "block{layer}.mask"],
  };
  const transpose = (data: Float32Array, rows: number, columns: number) =>
    Float32Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);
  const columnsOf = (data: Float32Array, width: number, from: number, to: number) =>
    data.filter((_, at) => at % width >= from && at % width < to);

  /** The tiny LLaMA with names of its own. */
  function renamed() {
    return [...plainTensors(), ...matrixTensors()]
      .flatMap(({ name, shape, data: values }) => {
        const data = values as Float32Array;
        if (name.endsWith("embed_tokens.weight")) return [{ name: "embed", shape, data }];
        if (name.endsWith("q_proj.weight"))
          return [{ name: "block0.q", shape: [16, 16], data: transpose(data, 16, 16) }];
        if (name.endsWith("up_proj.weight"))
          return [
            { name: "block0.up1", shape: [20, 16], data: data.slice(0, 320) },
            { name: "block0.up2", shape: [12, 16], data: data.slice(320) },
          ];
        if (name.endsWith("down_proj.weight"))
          return [
            { name: "block0.down1", shape: [16, 20], data: columnsOf(data, 32, 0, 20) },
            { name: "block0.down2", shape: [16, 12], data: columnsOf(data, 32, 20, 32) },
          ];
        return [{ name, shape, data }];
      })
      .concat([
        { name: "steps", shape: [1], data: Float32Array.of(3) },
        { name: "block0.mask", shape: [2], data: new Float32Array(2) },
      ]);
  }

  test("reads a torch file, a safetensors file and a folder alike: transposed, joined along either axis, ignored", async () => {
    const folder = emptyFolder();
    const expected = await weightsIn(writeFolder(join(folder, "plain")));
    const paths = ["own.pth", "own.safetensors"].map((name) => join(folder, name));
    writeFileSync(paths[0]!, torchFile("state_dict", renamed(), new Map()));
    writeFileSync(paths[1]!, safetensorsBytes(renamed()));
    const own = writeFolder(join(folder, "own"), renamed(), {
      config: { ...CONFIG, vocab_size: 999 },
    });
    for (const path of [...paths, own])
      expect(await weightsIn(path, { map: MAP })).toEqual(expected);
  });

  test("takes our own names, where the configuration is of the form transformer_lens", async () => {
    const folder = emptyFolder();
    await writeCheckpoint(folder, "plain");
    const tensor = (each: TensorToWrite) =>
      each.name === "embed.W_E"
        ? { ...each, name: "E" }
        : { ...each, name: each.name.replace("blocks.", "b") };
    await writeCheckpoint(folder, "own", { tensor });
    const plain = await weightsIn(join(folder, "plain"));
    const blocks = Object.keys(plain).filter((name) => name.startsWith("blocks.0."));
    const names = Object.fromEntries(
      blocks.map((name) => [
        name.replace("blocks.0.", "blocks.{layer}."),
        name.replace("blocks.0.", "b{layer}."),
      ]),
    );
    const map = { names: { ...names, "embed.W_E": "E" } };
    expect(await weightsIn(join(folder, "own"), { map })).toEqual(plain);
  });

  test("is refused where it is none, or does not fit, with every fault", async () => {
    const folder = writeFolder(emptyFolder(), renamed());
    const wrong = { names: { a: { form: "b" } }, extra: 1 } as unknown as NameMap;
    await expect(openModel(folder, { map: wrong })).rejects.toThrow(/`map` cannot be used/);
    const map = {
      names: { "model.norm.weight": "none", "lm_head.weight": { from: ["gone", "embed"] } },
    };
    await expect(openModel(folder, { map })).rejects.toThrow(
      "the map of names does not fit: the checkpoint has no tensor none; the checkpoint has no tensor gone",
    );
    await expect(openModel(folder)).rejects.toThrow("block0.down1 has no place");
    const lone = join(folder, "model.safetensors");
    await expect(openModel(lone)).rejects.toThrow("or `map` with a config");
    const oneSided = { names: { "model.layers.{layer}.x": "layer0.x" } };
    await expect(openModel(folder, { map: oneSided })).rejects.toThrow(
      "{layer} stands in both names or in none, got model.layers.{layer}.x from layer0.x",
    );
  });
});

describe("nanochat's checkpoint", () => {
  const golden = join(import.meta.dirname, "../fixtures/families/nanochat");
  const NAMES: readonly (readonly [RegExp, string])[] = [
    [/^model\.embed_tokens/, "transformer.wte"],
    [/^model\.layers\./, "transformer.h."],
    [/self_attn\.([qkv])_proj/, "attn.c_$1"],
    [/self_attn\.o_proj/, "attn.c_proj"],
    [/mlp\.fc1/, "mlp.c_fc"],
    [/mlp\.fc2/, "mlp.c_proj"],
  ];
  const model_config = { sequence_len: 32, vocab_size: 29, n_layer: 2, n_head: 4, n_kv_head: 2 };

  /** The golden's weights as nanochat saves them. */
  async function saved(folder: string): Promise<string> {
    const { weights } = await readSafetensors(
      bytesInMemory("golden", readFileSync(join(golden, "model.safetensors"))),
    );
    const tensors = await Promise.all(
      [...weights].map(async ([name, { shape, source, offset, sizeBytes }]) => ({
        name: NAMES.reduce((text, [from, to]) => text.replace(from, to), name),
        shape,
        data: new Float32Array(Uint8Array.from(await source.read(offset, sizeBytes)).buffer),
      })),
    );
    const path = join(folder, "model_000650.pt");
    writeFileSync(path, torchFile("model", tensors, new Map()));
    return path;
  }

  test("has the weights of the same model in Hugging Face's form, with the meta file or a map", async () => {
    const path = await saved(emptyFolder());
    await expect(openModel(path)).rejects.toThrow(
      "is nanochat's, whose sizes are in meta_STEP.json beside model_STEP.pt; without it give them in `map`",
    );
    const config = { num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 32 };
    const theirs = await weightsIn(golden);
    expect(await weightsIn(path, { map: { config } })).toEqual(theirs);
    const meta = join(dirname(path), "meta_000650.json");
    writeFileSync(meta, JSON.stringify({ step: 650, model_config }));
    expect(await weightsIn(path)).toEqual(theirs);
    const model = await openModel(path);
    expect(model.architecture).toMatchObject({ family: "nanochat", kvHeads: 2, contextLength: 32 });
    await model.close();
    writeFileSync(meta, JSON.stringify({ model_config: { ...model_config, window_pattern: "L" } }));
    await expect(openModel(path)).rejects.toThrow(
      /model_config of meta_000650.json cannot be used: .*window_pattern/,
    );
  });
});

test.each([
  [
    { names: { a: { form: "x" } } },
    "names.a.from is missing; names.a has form, which is not known",
  ],
  [{ names: { a: { from: "x", join: 2 } } }, "names.a.join must be 0 or 1, got 2"],
  [{ names: { a: { from: [1] } } }, "names.a.from[0] must be a text, got 1"],
  [{ names: { a: 5 } }, "names.a must be a text or an object of keys, got 5"],
  [{ config: 3 }, "config must be an object of keys, got 3"],
  [{ nams: {} }, "it has nams, which is not known"],
])("a map says which of its keys is wrong: %j", (map, fault) => {
  expect(() => checkedMap(map)).toThrow(`\`map\` cannot be used: ${fault}`);
});

test("a torch file of nobody that is known leads to a map; a GGUF or planted model takes none", async () => {
  const path = join(emptyFolder(), "x.pt");
  const single = { name: "w", shape: [1], data: Float32Array.of(1) };
  writeFileSync(path, torchFile("model", [single], new Map()));
  await expect(openModel(path)).rejects.toThrow("or give its names and sizes in `map`");
  const gguf = join(import.meta.dirname, "../fixtures/gguf/models/nemotron.gguf");
  for (const name of [gguf, "planted:induction", "zoo:attn-2l"])
    await expect(openModel(name, { map: {} })).rejects.toThrow("`map` is for weights in torch");
});

test("--map and --base reach every command that opens a model", async () => {
  const folder = emptyFolder();
  writeFolder(join(folder, "plain"));
  const tensors = [...plainTensors(), ...matrixTensors()] as TensorToWrite[];
  const renamed = tensors.map((each) => ({ ...each, name: `own.${each.name}` }));
  writeFileSync(join(folder, "own.safetensors"), safetensorsBytes(renamed));
  const names = Object.fromEntries(
    tensors.map(({ name }) => [
      name.replace(".0.", ".{layer}."),
      `own.${name}`.replace(".0.", ".{layer}."),
    ]),
  );
  writeFileSync(join(folder, "names.json"), JSON.stringify({ config: CONFIG, names }));
  const score = (...args: string[]) =>
    cli(folder, ["score", ...args, "--num-examples", "2", "--seq-len", "8", "--json", "--quiet"]);
  const [plain, own] = [
    await score("plain"),
    await score("own.safetensors", "--map", "names.json"),
  ];
  const scoresOf = ({ stdout }: { stdout: string }) =>
    (JSON.parse(stdout) as { scores: unknown }).scores;
  expect([plain.stderr, own.stderr]).toEqual(["", ""]);
  expect(scoresOf(own)).toEqual(scoresOf(plain));
  const refused = await score("own.safetensors");
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining("or --map with a config"),
  ]);
  writeFileSync(join(folder, "names.json"), "{]");
  expect((await score("own.safetensors", "--map", "names.json")).stderr).toContain("names.json");
  const lora = join(import.meta.dirname, "../fixtures/lora");
  const lone = await score(join(lora, "plain"));
  expect([lone.code, lone.stderr]).toEqual([2, expect.stringContaining("in --base")]);
  const merged = await score(join(lora, "plain"), "--base", join(lora, "llama"));
  const closeTo = (numbers: unknown) =>
    (Object.values(numbers as object).flat(3) as number[]).map((value) => expect.closeTo(value, 5));
  const expected = closeTo(scoresOf(await score(join(lora, "plain-merged"))));
  expect(Object.values(scoresOf(merged) as object).flat(3)).toEqual(expected);
});
