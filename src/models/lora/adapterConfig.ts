/** @file adapter_config.json of a LoRA adapter, as peft 0.21 writes it: what is known, and what is refused. */
import { z } from "zod";
import { faultSentences } from "../../base/faultSentences.ts";
import { InputError } from "../../base/errors.ts";

const patterns = z.record(z.string(), z.number().positive()).nullish();
const schema = z.object({
  peft_type: z.string(),
  base_model_name_or_path: z.string().nullish(),
  r: z.int().positive(),
  lora_alpha: z.number(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  fan_in_fan_out: z.boolean().nullish(),
  ensure_weight_tying: z.boolean().nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  modules_to_save: z.array(z.string()).nullish(),
  rank_pattern: patterns,
  alpha_pattern: patterns,
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});
export type AdapterConfig = z.infer<typeof schema>;

/** Settings that change what is added, or to what, in ways that no merge here makes. */
const REFUSED = {
  ...{ lora_bias: "a bias in the adapter", use_qalora: "QA-LoRA", use_bdlora: "BD-LoRA" },
  ...{ layer_replication: "replicated layers", alora_invocation_tokens: "activated LoRA" },
  ...{ target_parameters: "parameters as targets", trainable_token_indices: "trained tokens" },
  ...{
    arrow_config: "Arrow",
    kasa_config: "KaSA",
    velora_config: "VeLoRA",
    monteclora_config: "MonteCLoRA",
  },
} as const;

/** Ways to begin that change the base before the adapter is trained. */
const CHANGES_BASE = /^(pissa|olora|corda|loftq)/;

/** Base model that an adapter_config.json names, however odd the rest; null if it names none. */
export function baseNamedIn(json: unknown): string | null {
  const name = (Object(json) as Record<string, unknown>).base_model_name_or_path;
  return typeof name === "string" && name !== "" ? name : null;
}

/**
 * @param path for messages
 * @throws {InputError} "config" for other adapters than LoRA, and for settings that are not merged
 */
export function adapterConfig(json: unknown, path: string): AdapterConfig {
  const type = (Object(json) as Record<string, unknown>).peft_type;
  if (type !== "LORA")
    throw new InputError("config", `${path} needs peft_type LORA, got ${JSON.stringify(type)}`);
  const reading = schema.safeParse(json);
  if (!reading.success) {
    const faults = faultSentences(reading.error.issues, json);
    throw new InputError("config", `${path} cannot be used: ${faults.join("; ")}`);
  }
  const used = Object.entries(REFUSED).filter(([key]) => {
    const value = (json as Record<string, unknown>)[key];
    return value !== undefined && value !== null && value !== false;
  });
  const { init_lora_weights: init } = reading.data;
  const reasons = used.map(([key, what]) => `${what} (${key})`);
  if (typeof init === "string" && CHANGES_BASE.test(init))
    reasons.push(`a base that was changed first (init_lora_weights ${init})`);
  if (reasons.length === 0) return reading.data;
  throw new InputError(
    "config",
    `${path} has ${reasons.join(", ")}, which is not merged here; peft's merge_and_unload() writes a whole model`,
  );
}

/** Rank that the configuration gives a module, and what B A is multiplied by at that rank. */
export function scaleOf(config: AdapterConfig, module: string): { rank: number; scale: number } {
  const rank = matching(config.rank_pattern, module) ?? config.r;
  const alpha = matching(config.alpha_pattern, module) ?? config.lora_alpha;
  return { rank, scale: alpha / (config.use_rslora === true ? Math.sqrt(rank) : rank) };
}

/** The first pattern that the module's name ends in, or begins with where it starts with ^: peft's get_pattern_key. */
function matching(
  table: Readonly<Record<string, number>> | null | undefined,
  module: string,
): number | undefined {
  for (const [pattern, value] of Object.entries(table ?? {})) {
    const regex = pattern.startsWith("^") ? pattern : `^(?:.*\\.)?(?:${pattern})$`;
    if (matches(regex, module, pattern)) return value;
  }
  return undefined;
}

/** Whether `target_modules` means the module. */
export function isTarget({ target_modules: targets }: AdapterConfig, module: string): boolean {
  if (targets === null || targets === undefined || targets === "all-linear") return true;
  if (typeof targets === "string") return matches(`^(?:${targets})$`, module, targets);
  return targets.some((target) => module === target || module.endsWith(`.${target}`));
}

function matches(regex: string, module: string, pattern: string): boolean {
  if (/[+*}][^)]*\)[+*{]/.test(pattern))
    throw new InputError(
      "config",
      `the pattern ${JSON.stringify(pattern)} of an adapter could take for ever`,
    );
  try {
    return new RegExp(regex).test(module);
  } catch (cause) {
    throw new InputError("config", `${JSON.stringify(pattern)} of an adapter is not a pattern`, {
      cause,
    });
  }
}
