/** @file Folders whose weights were quantised: decoded where that is simple, else refused with what it is and the ways on. */
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/isObject.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import {
  unpackedEights,
  unpackedGroups,
  type UnpackedCheckpoint,
} from "../formats/packedWeights.ts";
import { parseConfig } from "./config/configJson.ts";
import type { FolderText } from "./tokenizerFiles.ts";

type Json = Readonly<Record<string, unknown>>;

/** A folder as if it had never been quantised. */
export interface UnquantisedFolder {
  readonly config: Json;
  readonly checkpoint: Checkpoint;
  /** What was decoded, for people; null if nothing was. */
  readonly notice: string | null;
}

/** How people call the methods that are told by `quant_method`. */
const METHODS: Readonly<Record<string, string>> = {
  ...{ gptq: "GPTQ", awq: "AWQ", bitsandbytes: "bitsandbytes", fp8: "FP8", fbgemm_fp8: "FP8" },
  ...{ "compressed-tensors": "compressed-tensors", mxfp4: "MXFP4", torchao: "torchao", hqq: "HQQ" },
  ...{ aqlm: "AQLM", quanto: "Quanto", eetq: "EETQ", exl2: "EXL2", bitnet: "BitNet" },
};

/**
 * The folder with its weights decoded: FP8 and INT8 with scales per tensor, row or block, and MLX's groups of 2, 4 or 8
 * bits. A folder that was never quantised is given back as it is.
 *
 * @throws {InputError} "weights" for other methods: which one it is, the model that it was made from if the files name it
 *   (`base_model` of README.md, `_name_or_path` of config.json), and that a GGUF can be read
 */
export async function dequantiseCheckpoint(
  config: Json,
  checkpoint: Checkpoint,
  text: FolderText,
): Promise<UnquantisedFolder> {
  const { quantization_config: settings, quantization: mlx, ...plain } = config;
  const { checkpoint: decoded, form } = await unpackWeights(config, checkpoint);
  const packed = [...decoded.unsupported.keys(), ...decoded.weights.keys()].find((name) =>
    PACKED.test(name),
  );
  const left =
    packed ??
    [...decoded.unsupported].find(
      ([, type]) => /^(U8|I8|U32|I32|F8|F4)/.test(type) && settings,
    )?.[0];
  if (form !== null && left === undefined)
    return {
      config: plain,
      checkpoint: decoded,
      notice: `the weights were stored as ${form}, and are measured as decoded`,
    };
  if (!isObject(settings) && !isObject(mlx) && packed === undefined)
    return { config, checkpoint, notice: null };
  throw await refusal(
    isObject(settings)
      ? settings
      : isObject(mlx)
        ? { ...mlx, quant_method: "MLX" }
        : await settingsBeside(text),
    left,
    config,
    text,
  );
}

/** Files of their own that older tools wrote, with the method that each is of. */
const SETTINGS_FILES = { "quantize_config.json": "gptq", "quant_config.json": "awq" } as const;

/** What such a file says; nothing where there is none that can be read. */
async function settingsBeside(text: FolderText): Promise<Json> {
  for (const [name, method] of Object.entries(SETTINGS_FILES)) {
    const json = await text(name);
    if (json === null) continue;
    const { bits, w_bit: width } = settingsIn(json, name);
    return { quant_method: method, bits: bits ?? width };
  }
  return {};
}

function settingsIn(json: string, name: string): Json {
  try {
    return parseConfig(json, name);
  } catch {
    return {}; // the name of the file says enough
  }
}

/** Names that only packed weights have. */
const PACKED =
  /\.(qweight|qzeros|weight_packed|SCB|quant_state\.\w+|absmax|quant_map|weight_scale|weight_scale_inv)$/;

async function unpackWeights(config: Json, checkpoint: Checkpoint): Promise<UnpackedCheckpoint> {
  const { quantization_config: settings, quantization } = config;
  const mlx = isObject(quantization)
    ? quantization
    : isObject(settings) && settings.quant_method === undefined
      ? settings
      : null;
  if (mlx && Number.isInteger(mlx.bits) && (mlx.mode ?? "affine") === "affine") {
    return unpackedGroups(checkpoint, (name) => {
      const own = isObject(mlx[name]) ? mlx[name] : mlx;
      return {
        groupSize: Number(own.group_size ?? mlx.group_size ?? 64),
        bits: Number(own.bits ?? mlx.bits),
      };
    });
  }
  if (!isObject(settings)) return { checkpoint, form: null };
  const block = settings.weight_block_size;
  const sizes =
    Array.isArray(block) && block.length === 2
      ? ([Number(block[0]), Number(block[1])] as const)
      : null;
  return unpackedEights(checkpoint, sizes);
}

async function refusal(
  settings: Json,
  tensor: string | undefined,
  config: Json,
  text: FolderText,
): Promise<InputError> {
  const { quant_method: method, bits, load_in_4bit: four, load_in_8bit: eight, format } = settings;
  const scheme =
    typeof method === "string" ? (METHODS[method] ?? method) : "a form without quantization_config";
  const width = typeof bits === "number" ? bits : four === true ? 4 : eight === true ? 8 : null;
  const more = [
    width === null ? null : `${width} bits`,
    typeof format === "string" ? format : null,
  ].filter((each) => each !== null);
  const base = await baseModel(config, text);
  return new InputError(
    "weights",
    `the weights are quantised by ${scheme}${more.length > 0 ? ` (${more.join(", ")})` : ""}${tensor ? `, such as ${tensor}` : ""}, which is not read; two ways on: the model that it was made from${base ? `, ${base}` : ", unquantised"}, or a GGUF of it`,
  );
}

/** The model that this one was made from, if README.md or config.json names it. */
export async function baseModel(config: Json, text: FolderText): Promise<string | null> {
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec((await text("README.md")) ?? "")?.[1] ?? "";
  const ownName = /^base_model:[ \t]*(?:\r?\n[ \t]*-[ \t]*)?["']?([\w./-]+)["']?[ \t]*$/m.exec(
    front,
  )?.[1];
  const path = config._name_or_path;
  const other = typeof path === "string" && /^[\w-]+\/[\w.-]+$/.test(path) ? path : null;
  return ownName ?? other;
}
