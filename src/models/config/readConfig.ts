/** @file Reads a configuration strictly: handled keys by schema, neutral keys ignored, everything else refused by name. */
import type { z } from "zod";
import { InputError } from "../../base/errors.ts";

/** Keys that change nothing about what a trained model computes in a forward pass. */
const NEUTRAL =
  /^(_.*|architectures|auto_map|transformers_version|transformers\.js_config|torch_dtype|dtype|use_cache|model_type|name_or_path|bos_token_id|eos_token_id|pad_token_id|sep_token_id|unk_token_id|decoder_start_token_id|initializer_range|initializer_factor|init_std|rescale_layers|gradient_checkpointing|task_specific_params|problem_type|finetuning_task|id2label|label2id|num_labels|classifier_dropout|output_attentions|output_hidden_states|output_past|return_dict|use_return_dict|return_dict_in_generate|torchscript|pruned_heads|chunk_size_feed_forward|max_length|min_length|do_sample|num_beams|temperature|top_k|top_p|typical_p|repetition_penalty|length_penalty|no_repeat_ngram_size|early_stopping|prefix|summary_.*|.*dropout.*|.*_pdrop|pretraining_tp|is_llama_config|tokenizer_class|license|language|keys_to_ignore_at_inference|unsloth_.*)$/;

/** Keys with only one value that we compute; any other is refused. */
const FIXED: Readonly<Record<string, readonly unknown[]>> = {
  is_encoder_decoder: [false],
  is_decoder: [false, true],
  add_cross_attention: [false],
  cross_attention_hidden_size: [null],
  rope_interleaved: [false],
  quantization_config: [null],
  use_bfloat16: [false],
  tf_legacy_loss: [false],
  tie_encoder_decoder: [false],
  reorder_and_upcast_attn: [false, true],
};

/**
 * The configuration of one family.
 *
 * @param schema handled keys; a key with a default may be missing
 * @param fixed more keys with the only values that are computed
 * @throws {InputError} "config" with every key that is missing, of a wrong type, or would change the computation
 */
export function readConfig<Shape extends z.ZodRawShape>(
  family: string,
  schema: z.ZodObject<Shape>,
  json: Readonly<Record<string, unknown>>,
  fixed: Readonly<Record<string, readonly unknown[]>> = {},
): z.infer<z.ZodObject<Shape>> {
  const allowed = { ...FIXED, ...fixed };
  const faults = Object.entries(json).flatMap(([key, value]) => {
    if (Object.hasOwn(schema.shape, key)) return [];
    if (Object.hasOwn(allowed, key)) {
      const same = allowed[key]!.some((one) => one === (value ?? null) || one === value);
      return same
        ? []
        : [
            `${key} = ${JSON.stringify(value)} is not supported (only ${allowed[key]!.map(String).join(", ")})`,
          ];
    }
    return NEUTRAL.test(key) ? [] : [`${key} = ${shortened(value)} is not known`];
  });
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    faults.push(...parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  }
  if (faults.length > 0 || !parsed.success) {
    throw new InputError("config", `config.json of ${family} cannot be used: ${faults.join("; ")}`);
  }
  return parsed.data;
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** `width` / `heads`, which must be whole. */
export function perHead(key: string, width: number, heads: number): number {
  if (width % heads === 0) return width / heads;
  throw new InputError("config", `${key} ${width} cannot be divided among ${heads} heads`);
}
