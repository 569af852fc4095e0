/** @file Keys of config.json that change nothing about what a trained model computes in a forward pass, and so are passed over in silence. */
import { GENERAL_KEYS } from "./keysRead.ts";

/** Read by the reference, but for training, for what it returns, or for speed; or kept beside the model by common tools. */
const WITHOUT_CONSEQUENCE = [
  "auto_map", // own code: see ownCode.ts
  "finetuning_task",
  "initializer_factor",
  "initializer_range",
  "init_device",
  "init_std",
  "is_llama_config",
  "keys_to_ignore_at_inference",
  "language",
  "layerdrop",
  "license",
  "num_logits_to_keep",
  "output_past",
  "output_router_logits",
  "pretraining_tp",
  "reorder_and_upcast_attn", // a choice of precision
  "rescale_layers",
  "router_aux_loss_coef",
  "router_z_loss_coef",
  "transformers.js_config",
  "use_return_dict",
];

const KEYS: ReadonlySet<string> = new Set([...GENERAL_KEYS, ...WITHOUT_CONSEQUENCE]);

/** Private keys, dropout, ids of tokens, heads that summarise, and what Unsloth leaves. */
const PATTERNS = [/^_/, /dropout/, /_pdrop$/, /_token_id$/, /^summary_/, /^unsloth_/];

export function isNeutral(key: string): boolean {
  return KEYS.has(key) || PATTERNS.some((pattern) => pattern.test(key));
}
