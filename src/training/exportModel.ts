/** @file A model in TransformerLens' layout as the files of another: GPT-2's by Hugging Face, or nanoGPT's. */
import { InputError } from "../base/errors.ts";
import { safetensorsBytes } from "../formats/writeSafetensors.ts";
import { pickleBytes, type Picklable } from "../formats/torch/writePickle.ts";
import { torchFile } from "../formats/torch/writeTorch.ts";
import { jsonFile, transpose, type ModelFiles } from "./checkpointFiles.ts";
import type { ExportFormat } from "./exportFormats.ts";
import type { TrainedWeight } from "./train.ts";

export interface ExportedModel {
  /** config.json in TransformerLens' layout. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly TrainedWeight[];
  /** Characters in the order of their ids, if its tokens are characters. */
  readonly characters: readonly string[] | null;
}

/**
 * The folder of the model in `format`; it computes the same logits.
 *
 * @throws {InputError} "export" with every part of the model that the format has no place for
 */
export function exportModel(model: ExportedModel, format: ExportFormat): ModelFiles {
  if (format === "transformer_lens")
    return new Map<string, string | Uint8Array>([
      ["config.json", jsonFile(model.config)],
      ["model.safetensors", safetensorsBytes(model.weights, { format: "pt" })],
    ]);
  const parts = partsOf(model);
  const reasons = obstacles(model, format, parts);
  if (reasons.length > 0)
    throw new InputError("export", `${format} has no place for this model: ${reasons.join("; ")}`);
  return format === "gpt2" ? gpt2Files(model, parts) : nanogptFiles(model, parts);
}

type Parts = ReturnType<typeof partsOf>;

function partsOf({ config, weights }: ExportedModel) {
  const byName = new Map(weights.map((weight) => [weight.name, weight]));
  const isZero = (names: RegExp) =>
    weights.every(({ name, data }) => !names.test(name) || data.every((value) => value === 0));
  const [embed, unembed] = [byName.get("embed.W_E"), byName.get("unembed.W_U")];
  const back = embed && unembed ? transpose(unembed.data, unembed.shape) : null;
  return {
    byName,
    number: (key: string) => Number(config[key]),
    tied: back !== null && embed!.data.every((value, index) => value === back[index]),
    biases: !isZero(/\.b(_[QKVO]|_in|_out)?$/),
    unembedBias: !isZero(/^unembed\.b_U$/),
  };
}

function obstacles({ config }: ExportedModel, format: ExportFormat, parts: Parts): string[] {
  const activations = format === "nanogpt" ? ["gelu"] : ["gelu", "gelu_new", "relu", "silu"];
  const scale = config["attn_scale"] ?? -1;
  const rules: readonly (readonly [boolean, string])[] = [
    [config["attn_only"] === true, "it has no MLPs"],
    [
      (config["positional_embedding_type"] ?? "standard") !== "standard",
      `positions are ${String(config["positional_embedding_type"])}, not learned`,
    ],
    [
      (config["normalization_type"] ?? null) !== "LN",
      `the norm is ${String(config["normalization_type"] ?? "none")}, not LN`,
    ],
    [config["smeared_keys"] === true, "keys are smeared"],
    [config["use_attn_scale"] === false || Number(scale) > 0, "scores have another scale"],
    [(config["eps"] ?? 1e-5) !== 1e-5, `eps is ${String(config["eps"])}, not 1e-5`],
    [
      parts.number("d_head") * parts.number("n_heads") !== parts.number("d_model"),
      "heads together are not as wide as the residual stream",
    ],
    [
      config["attn_only"] !== true && !activations.includes(String(config["act_fn"])),
      config["act_fn"] === undefined
        ? "no activation is named"
        : `the activation is ${String(config["act_fn"])}, not ${activations.join(" or ")}`,
    ],
    [parts.unembedBias, "the unembedding has a bias"],
    [format === "nanogpt" && !parts.tied, "the unembedding is not the embedding"],
    [
      format === "nanogpt" && parts.number("d_mlp") !== 4 * parts.number("d_model"),
      "MLPs are not four times as wide as the residual stream",
    ],
  ];
  return rules.flatMap(([broken, words]) => (broken ? [words] : []));
}

function gpt2Files({ config }: ExportedModel, parts: Parts): ModelFiles {
  const { number, tied } = parts;
  const json = {
    model_type: "gpt2",
    architectures: ["GPT2LMHeadModel"],
    n_layer: number("n_layers"),
    n_head: number("n_heads"),
    n_embd: number("d_model"),
    n_positions: number("n_ctx"),
    n_ctx: number("n_ctx"),
    n_inner: number("d_mlp"),
    vocab_size: number("d_vocab"),
    activation_function: config["act_fn"],
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: tied,
  };
  const tensors = gpt2Tensors(parts).map(({ name, ...tensor }) => ({
    name: `transformer.${name}`,
    ...tensor,
  }));
  const head = tied ? [] : [{ name: "lm_head.weight", ...headOf(parts) }];
  return new Map<string, string | Uint8Array>([
    ["config.json", jsonFile(json)],
    ["model.safetensors", safetensorsBytes([...tensors, ...head], { format: "pt" })],
  ]);
}

/** nn.Linear keeps [out, in]; without biases where all are 0; lm_head shares the embedding. */
function nanogptFiles({ characters }: ExportedModel, parts: Parts): ModelFiles {
  const { number, biases } = parts;
  const tensors = gpt2Tensors(parts)
    .filter(({ name }) => biases || !name.endsWith("bias"))
    .map(({ name, shape, data }) => {
      const linear = /attn\.c_|mlp\.c_/.test(name) && name.endsWith("weight");
      return {
        name: `transformer.${name}`,
        shape: linear ? shape.toReversed() : shape,
        data: linear ? transpose(data, shape) : data,
      };
    });
  const embedding = tensors.find(({ name }) => name === "transformer.wte.weight")!;
  const args = new Map<string, Picklable>([
    ["n_layer", number("n_layers")],
    ["n_head", number("n_heads")],
    ["n_embd", number("d_model")],
    ["block_size", number("n_ctx")],
    ["bias", biases],
    ["vocab_size", number("d_vocab")],
    ["dropout", 0],
  ]);
  const all = [...tensors, { ...embedding, name: "lm_head.weight" }];
  return new Map<string, string | Uint8Array>([
    ["ckpt.pt", torchFile("model", all, new Map([["model_args", args]]))],
    ...(characters ? [["meta.pkl", characterTable(characters)] as const] : []),
  ]);
}

function characterTable(characters: readonly string[]): Uint8Array {
  return pickleBytes(
    new Map<string, Picklable>([
      ["vocab_size", characters.length],
      ["itos", new Map(characters.map((character, id) => [id, character]))],
      ["stoi", new Map(characters.map((character, id) => [character, id]))],
    ]),
  );
}

/** Weights under GPT-2's names, matrices [in, out] as Hugging Face's Conv1D keeps them. */
function gpt2Tensors(parts: Parts): TrainedWeight[] {
  const { byName, number } = parts;
  const [width, mlp] = [number("d_model"), number("d_mlp")];
  const renamed = (from: string, name: string, shape?: readonly number[]): TrainedWeight => {
    const weight = byName.get(from)!;
    return { name, shape: shape ?? weight.shape, data: weight.data };
  };
  const layers = Array.from({ length: number("n_layers") }, (_, layer) => {
    const [ours, theirs] = [`blocks.${layer}`, `h.${layer}`];
    return [
      renamed(`${ours}.ln1.w`, `${theirs}.ln_1.weight`),
      renamed(`${ours}.ln1.b`, `${theirs}.ln_1.bias`),
      ...fuseWeights(parts, ours, theirs),
      renamed(`${ours}.attn.W_O`, `${theirs}.attn.c_proj.weight`, [width, width]),
      renamed(`${ours}.attn.b_O`, `${theirs}.attn.c_proj.bias`),
      renamed(`${ours}.ln2.w`, `${theirs}.ln_2.weight`),
      renamed(`${ours}.ln2.b`, `${theirs}.ln_2.bias`),
      renamed(`${ours}.mlp.W_in`, `${theirs}.mlp.c_fc.weight`, [width, mlp]),
      renamed(`${ours}.mlp.b_in`, `${theirs}.mlp.c_fc.bias`),
      renamed(`${ours}.mlp.W_out`, `${theirs}.mlp.c_proj.weight`, [mlp, width]),
      renamed(`${ours}.mlp.b_out`, `${theirs}.mlp.c_proj.bias`),
    ];
  });
  return [
    renamed("embed.W_E", "wte.weight"),
    renamed("pos_embed.W_pos", "wpe.weight"),
    ...layers.flat(),
    renamed("ln_final.w", "ln_f.weight"),
    renamed("ln_final.b", "ln_f.bias"),
  ];
}

/** W_Q, W_K, W_V [head, d_model, d_head] as one matrix [d_model, (qkv head d_head)]. */
function fuseWeights({ byName }: Parts, ours: string, theirs: string): TrainedWeight[] {
  const three = (part: "W" | "b") =>
    ["Q", "K", "V"].map((which) => byName.get(`${ours}.attn.${part}_${which}`)!);
  const [heads, width, dHead] = three("W")[0]!.shape as [number, number, number];
  const across = heads * dHead;
  const matrix = new Float32Array(3 * width * across);
  three("W").forEach(({ data }, qkv) =>
    data.forEach((value, index) => {
      const [entry, row] = [index % dHead, Math.floor(index / dHead) % width];
      const head = Math.floor(index / (dHead * width));
      matrix[row * 3 * across + qkv * across + head * dHead + entry] = value;
    }),
  );
  const bias = Float32Array.from(three("b").flatMap(({ data }) => [...data]));
  return [
    { name: `${theirs}.attn.c_attn.weight`, shape: [width, 3 * across], data: matrix },
    { name: `${theirs}.attn.c_attn.bias`, shape: [3 * across], data: bias },
  ];
}

/** lm_head [d_vocab, d_model]. */
function headOf({ byName }: Parts): Pick<TrainedWeight, "shape" | "data"> {
  const { shape, data } = byName.get("unembed.W_U")!;
  return { shape: shape.toReversed(), data: transpose(data, shape) };
}
