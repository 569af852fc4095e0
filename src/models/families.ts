/** @file Which family reads which configuration. */
import { closest, distance } from "fastest-levenshtein";
import { InputError } from "../base/errors.ts";
import type { Family, Model, StoredLayout } from "./family.ts";
import { gpt2 } from "./families/gpt2.ts";
import { gptNeox } from "./families/gptNeox.ts";
import { llama } from "./families/llama.ts";
import { mistral } from "./families/mistral.ts";
import { qwen2, qwen3 } from "./families/qwen.ts";
import { transformerLens } from "./families/transformerLens.ts";
import type { CheckpointTensors } from "./weightMap.ts";

/** Families by `model_type` of config.json. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  gpt2,
  gpt_neox: gptNeox,
  llama,
  mistral,
  qwen2,
  qwen3,
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
): Model {
  checkLayers(config, checkpoint);
  if (config["format"] === "transformer_lens") return transformerLens(config, checkpoint);
  if (config["format"] !== undefined)
    throw new InputError(
      "config",
      `format ${String(config["format"])} is not known (only transformer_lens)`,
    );
  const type = config["model_type"];
  const family =
    typeof type === "string" && Object.hasOwn(FAMILIES, type) ? FAMILIES[type] : undefined;
  if (family) return family(config, checkpoint, layout);
  const known = Object.keys(FAMILIES);
  const near =
    typeof type === "string" && distance(closest(type, known), type) <= 2
      ? `, did you mean ${closest(type, known)}`
      : "";
  throw new InputError(
    "config",
    `model_type ${type === undefined ? "is missing" : `${JSON.stringify(type)} is not supported`}${near} (supported: ${known.join(", ")}, and "format": "transformer_lens")`,
  );
}

/** A layer has tensors; more layers than tensors are refused before anything is made for each of them. */
function checkLayers(
  config: Readonly<Record<string, unknown>>,
  { weights, unsupported }: CheckpointTensors,
): void {
  const tensors = weights.size + unsupported.size;
  for (const key of ["n_layer", "n_layers", "num_hidden_layers"]) {
    const layers = config[key];
    if (typeof layers !== "number" || layers <= tensors) continue;
    throw new InputError(
      "config",
      `${key} is ${layers}, but the weight files have only ${tensors} tensors`,
    );
  }
}
