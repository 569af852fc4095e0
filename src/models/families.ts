/** @file Which family reads which configuration. */
import { InputError } from "../base/errors.ts";
import { probablyMeant } from "../base/nearest.ts";
import { shownValue } from "../base/faultSentences.ts";
import { isObject } from "../base/isObject.ts";
import { ownCodeNotice } from "./config/ownCode.ts";
import {
  withNotices,
  type Family,
  type Model,
  type ModelOptions,
  type StoredLayout,
} from "./family.ts";
import { apertus } from "./families/apertus.ts";
import { bamba } from "./families/bamba.ts";
import { bart, marian, mbart, whisper } from "./families/bart.ts";
import { bert, camembert, roberta, xlmRoberta } from "./families/bert.ts";
import { bloom } from "./families/bloom.ts";
import { clip } from "./families/clip.ts";
import { cohere, cohere2 } from "./families/cohere.ts";
import { deepseekV2, deepseekV3 } from "./families/deepseek.ts";
import { distilbert } from "./families/distilbert.ts";
import { ernie45 } from "./families/ernie45.ts";
import { exaone4 } from "./families/exaone4.ts";
import { falcon } from "./families/falcon.ts";
import { gemma, gemma2, vaultgemma } from "./families/gemma.ts";
import { gemma3Seeing } from "./families/gemma3Seeing.ts";
import { gemma3Text } from "./families/gemma3.ts";
import { ernie45Moe } from "./families/ernie45Moe.ts";
import { minimaxM2 } from "./families/minimaxM2.ts";
import { openaiGpt } from "./families/openaiGpt.ts";
import { persimmon } from "./families/persimmon.ts";
import { glm, glm4 } from "./families/glm4.ts";
import { dots1, glm4Moe, solarOpen } from "./families/glm4Moe.ts";
import { gpt2 } from "./families/gpt2.ts";
import { gptBigCode } from "./families/gptBigCode.ts";
import { codegen, gptJ } from "./families/gptJ.ts";
import { gptNeo } from "./families/gptNeo.ts";
import { gptNeox } from "./families/gptNeox.ts";
import { gptOss } from "./families/gptOss.ts";
import { granite } from "./families/granite.ts";
import { graniteMoe, graniteMoeShared } from "./families/graniteMoe.ts";
import { graniteMoeHybrid } from "./families/graniteMoeHybrid.ts";
import { llavaSeeing } from "./families/llava.ts";
import { llama4Text } from "./families/llama4.ts";
import { hunyuanDense, hunyuanMoe } from "./families/hunyuan.ts";
import { jamba } from "./families/jamba.ts";
import { llama } from "./families/llama.ts";
import { falconMamba, mamba, mamba2 } from "./families/mamba.ts";
import { mistral } from "./families/mistral.ts";
import { ministral3 } from "./families/ministral3.ts";
import { mixtral } from "./families/mixtral.ts";
import { modernbert } from "./families/modernbert.ts";
import { mpt } from "./families/mpt.ts";
import { nanochat } from "./families/nanochat.ts";
import { nemotron } from "./families/nemotron.ts";
import { olmo, olmo2, olmo3 } from "./families/olmo.ts";
import { flexOlmo, olmoe } from "./families/olmoe.ts";
import { opt } from "./families/opt.ts";
import { phi } from "./families/phi.ts";
import { phi3 } from "./families/phi3.ts";
import { qwen2, qwen3 } from "./families/qwen.ts";
import { qwen2Moe, qwen3Moe } from "./families/qwenMoe.ts";
import { arcee, cwm, helium, jais2, ministral, seedOss } from "./families/relatives.ts";
import {
  glm4vText,
  internlm3,
  iquestcoder,
  qwen3VlMoeText,
  qwen3VlText,
  qwenVlText,
} from "./families/sameSpec.ts";
import { siglip } from "./families/siglip.ts";
import { smollm3 } from "./families/smollm3.ts";
import { stablelm } from "./families/stablelm.ts";
import { starcoder2 } from "./families/starcoder2.ts";
import { mt5, t5 } from "./families/t5.ts";
import { transformerLens } from "./families/transformerLens.ts";
import {
  clipVision,
  deit,
  dinov2,
  dinov2WithRegisters,
  siglipVision,
  vit,
} from "./families/vision.ts";
import type { CheckpointTensors } from "./checkpointTensors.ts";

import { unwrapNames } from "./weightPrefix.ts";

/** Families by `model_type` of config.json. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  gpt2,
  gpt_neox: gptNeox,
  llama,
  mistral,
  qwen2,
  qwen3,
  apertus,
  arcee,
  bloom,
  codegen,
  cohere,
  cohere2,
  deepseek_v2: deepseekV2,
  deepseek_v3: deepseekV3,
  dots1,
  ernie4_5: ernie45,
  exaone4,
  falcon,
  falcon_mamba: falconMamba,
  gemma,
  gemma2,
  gemma3_text: gemma3Text,
  glm,
  glm4,
  glm4_moe: glm4Moe,
  glm4v_text: glm4vText,
  gpt_bigcode: gptBigCode,
  gpt_neo: gptNeo,
  gptj: gptJ,
  gpt_oss: gptOss,
  granite,
  granitemoe: graniteMoe,
  helium,
  hunyuan_v1_dense: hunyuanDense,
  hunyuan_v1_moe: hunyuanMoe,
  internlm3,
  iquestcoder,
  llama4_text: llama4Text,
  mamba,
  mamba2,
  ministral,
  ministral3,
  mixtral,
  mpt,
  nanochat,
  nemotron,
  olmo,
  olmo2,
  olmo3,
  olmoe,
  opt,
  phi,
  phi3,
  qwen2_5_vl_text: qwenVlText,
  qwen2_moe: qwen2Moe,
  qwen2_vl_text: qwenVlText,
  qwen3_moe: qwen3Moe,
  seed_oss: seedOss,
  smollm3,
  stablelm,
  starcoder2,
  cwm,
  ernie4_5_moe: ernie45Moe,
  flex_olmo: flexOlmo,
  granitemoehybrid: graniteMoeHybrid,
  granitemoeshared: graniteMoeShared,
  jais2,
  minimax_m2: minimaxM2,
  "openai-gpt": openaiGpt,
  persimmon,
  qwen3_vl_moe_text: qwen3VlMoeText,
  qwen3_vl_text: qwen3VlText,
  solar_open: solarOpen,
  vaultgemma,
  bamba,
  bart,
  bert,
  camembert,
  clip,
  clip_vision_model: clipVision,
  deit,
  dinov2,
  dinov2_with_registers: dinov2WithRegisters,
  distilbert,
  marian,
  jamba,
  mbart,
  modernbert,
  mt5,
  roberta,
  siglip,
  siglip_vision_model: siglipVision,
  t5,
  vit,
  whisper,
  "xlm-roberta": xlmRoberta,
};

/**
 * The model that a configuration and a checkpoint describe.
 *
 * @throws {InputError} "config" for an architecture or a setting that is not supported, "weights" if tensors do not fit
 */
export function modelFrom(
  config: Readonly<Record<string, unknown>>,
  checkpoint: CheckpointTensors,
  layout: StoredLayout = "hugging_face",
  options: Omit<ModelOptions, "layout"> = {},
): Model {
  const plain = unwrapNames(checkpoint);
  checkCounts(config, plain);
  if (config["format"] === "transformer_lens") return transformerLens(config, plain, options);
  if (config["format"] !== undefined)
    throw new InputError(
      "config",
      `format ${nameOf(config["format"])} is not known (only transformer_lens)`,
    );
  const type = config["model_type"];
  const family =
    typeof type === "string" && Object.hasOwn(FAMILIES, type) ? FAMILIES[type] : undefined;
  const inner = family ? null : textConfigOf(config);
  if (!family && !inner) throw unknownType(type);
  const notice = ownCodeNotice(config, options.trustArchitecture ?? false);
  const model = family
    ? family(config, plain, { layout, ...options })
    : textModel(config, inner!, plain, options);
  return withNotices(model, [notice]);
}

/** The language model's own configuration, in one of a model that also sees or hears; old files have it beside the others'. */
function textConfigOf(config: Readonly<Record<string, unknown>>) {
  const inner = config["text_config"] ?? config["llm_config"] ?? besideOthers(config);
  if (!isObject(inner)) return null;
  const text = inner as Readonly<Record<string, unknown>>;
  return typeof text["model_type"] === "string" && Object.hasOwn(FAMILIES, text["model_type"])
    ? text
    : null;
}

function besideOthers(config: Readonly<Record<string, unknown>>): unknown {
  const whole = config["model_type"];
  const type = typeof whole === "string" ? `${whole}_text` : "";
  if (!Object.hasOwn(FAMILIES, type)) return null;
  const own = Object.entries(config).filter(([key]) => !/^(vision|image|video|audio)_/.test(key));
  return { ...Object.fromEntries(own), model_type: type };
}

/** Models of several parts, by `model_type`, whose text model can be shown images. */
const SEEING: ReadonlyMap<string, typeof llavaSeeing> = new Map([
  ["llava", llavaSeeing],
  ["gemma3", gemma3Seeing],
]);

/** Models whose text model sees its whole prompt, which configurations of theirs do not say. */
const UNMASKED = ["paligemma", "colpali"];

/** Says that of several models in one checkpoint this is the one that reads text. */
function textModel(
  outer: Readonly<Record<string, unknown>>,
  inner: Readonly<Record<string, unknown>>,
  checkpoint: CheckpointTensors,
  options: Omit<ModelOptions, "layout">,
): Model {
  const [whole, part] = [outer["model_type"], inner["model_type"]].map(nameOf);
  if (UNMASKED.includes(whole!))
    throw new InputError(
      "config",
      `${whole} is not supported: its text model (${part}) sees its whole prompt, tokens after the query too, and ${part} is computed with a causal mask here`,
    );
  const ties = "tie_word_embeddings";
  const config = { ...inner, ...(ties in outer && { [ties]: outer[ties] }) };
  const model = modelFrom(config, checkpoint, "hugging_face", { ...options, others: true });
  const seeingOf = SEEING.get(whole!);
  const wholeModel = seeingOf ? withImages(seeingOf, outer, model, checkpoint) : model;
  const aside = wholeModel.seeing
    ? "images are read where `inputs` have pixels"
    : "what sees or hears is left aside";
  const notice = `the files hold a ${whole} model; its text model (${part}) is used, and ${aside}`;
  return { ...wholeModel, notices: [notice, ...(wholeModel.notices ?? [])] };
}

/** The same model, which can be shown images where its tower is one that is read here; else a notice says why it cannot. */
function withImages(
  seeingOf: typeof llavaSeeing,
  json: Readonly<Record<string, unknown>>,
  model: Model,
  checkpoint: CheckpointTensors,
): Model {
  try {
    const seeingFamily = nameOf(json["model_type"]);
    return { ...model, ...seeingOf(json, model.program, checkpoint), seeingFamily };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return withNotices(model, [`it cannot be shown images: ${error.message}`]);
  }
}

/** A name as it is; whatever else a file has in its place, as JSON. */
function nameOf(value: unknown): string {
  return typeof value === "string" ? value : shownValue(value);
}

const STREAMS =
  "its layers read and write several streams side by side, with embeddings of their own";
const DELTA = "some of its layers have gated-delta attention, which is not computed here";
/** Why names that people bring are not read; docs/families.md has more. */
const REASONS: Readonly<Record<string, string>> = {
  ...{ gemma3n: STREAMS, gemma3n_text: STREAMS, gemma4: STREAMS, gemma4_text: STREAMS },
  ...{ qwen3_next: DELTA, qwen3_5: DELTA, qwen3_5_text: DELTA, kimi_linear: DELTA },
};

function unknownType(type: unknown): InputError {
  const types = Object.keys(FAMILIES);
  const reason = typeof type === "string" && Object.hasOwn(REASONS, type) ? REASONS[type]! : null;
  if (reason !== null)
    return new InputError("config", `model_type ${nameOf(type)} is not supported: ${reason}`);
  const near = typeof type === "string" ? probablyMeant(type, types) : null;
  const hint = near === null ? "" : `, did you mean ${near}`;
  return new InputError(
    "config",
    `model_type ${type === undefined ? "is missing" : `${JSON.stringify(type)} is not supported`}${hint} (supported: ${types.join(", ")}, and "format": "transformer_lens")`,
  );
}

const LAYERS = /^(n_layers?|num_layers|num_hidden_layers|(num_)?(en|de)coder_layers)$/;
/** Counts of which something is made before any tensor is looked at. */
const COUNTS = /(^|_)(n_head|heads|experts)$/;
const MOST_COUNTED = 65_536;

/** A layer has tensors; more layers than tensors are refused before anything is made for each of them, those of parts too. */
function checkCounts(
  config: Readonly<Record<string, unknown>>,
  checkpoint: CheckpointTensors,
): void {
  const tensors = checkpoint.weights.size + checkpoint.unsupported.size;
  for (const [key, count] of Object.entries(config)) {
    if (isObject(count)) checkCounts(count as Readonly<Record<string, unknown>>, checkpoint);
    if (typeof count !== "number") continue;
    if (LAYERS.test(key) && count > tensors)
      throw new InputError(
        "config",
        `${key} is ${count}, but the weight files have only ${tensors} tensors`,
      );
    if (COUNTS.test(key) && count > MOST_COUNTED)
      throw new InputError("config", `${key} must be at most ${MOST_COUNTED}, got ${count}`);
  }
}
