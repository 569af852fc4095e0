/** @file The towers of text of CLIP and SigLIP: learned positions, norms before each part, the same names of modules. */
import { perHead } from "../config/readConfig.ts";
import { tokenPart } from "../composed/partMap.ts";
import type { AttentionSpec, DecoderSpec, MlpSpec } from "../decoder/spec.ts";
import type { WeightMap } from "../weightMap.ts";
import { blocksOf } from "./row.ts";
import { CLIP_STACK } from "./visionStack.ts";

/** Keys of a text_config, read and checked. */
interface TextConfig {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly max_position_embeddings: number;
  readonly hidden_act: MlpSpec["act"];
  readonly layer_norm_eps: number;
}

/** @param mask left out: a token sees what is before it */
export function textTower(
  family: string,
  c: TextConfig,
  mask: Pick<AttentionSpec, "mask"> = {},
): DecoderSpec {
  const heads = c.num_attention_heads;
  const dHead = perHead("hidden_size", c.hidden_size, heads);
  const attention = { heads, kvHeads: heads, dHead, scale: 1 / Math.sqrt(dHead), ...mask };
  return {
    family,
    dModel: c.hidden_size,
    vocabulary: c.vocab_size,
    contextLength: c.max_position_embeddings,
    blocks: blocksOf(c.num_hidden_layers, attention, { act: c.hidden_act }),
    norm: { kind: "LN", eps: c.layer_norm_eps },
    residual: { norms: "before" },
    positions: { to: "stream" },
  };
}

/** The map of that tower, under `text.`. */
export function textPart(spec: DecoderSpec, c: Pick<TextConfig, "intermediate_size">): WeightMap {
  const at = "text_model.";
  const names = {
    ...CLIP_STACK,
    layer: `${at}${CLIP_STACK.layer}`,
    embed: `${at}embeddings.token_embedding`,
    positions: `${at}embeddings.position_embedding`,
    finalNorm: `${at}final_layer_norm`,
    head: "",
  };
  return tokenPart("text.", spec, names, { d_mlp: c.intermediate_size });
}
