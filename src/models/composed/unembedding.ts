/** @file How an encoder-decoder turns tokens into vectors and back. */
import type { WeightEntry, WeightMap } from "../weightMap.ts";

/** Settings that encoder-decoders have, and the only values that are computed. */
export const ENCODER_DECODER = { fixed: { is_encoder_decoder: [true], is_decoder: [false] } };

/**
 * The map of both stacks, with one table of embeddings for both, or each its own: what an untied model's files call `shared` is
 * then read by neither.
 */
export function embeddings(both: WeightMap, which: "shared" | "apart"): WeightMap {
  const { "encoder.embed.W_E": encoderTable, "decoder.embed.W_E": other, ...rest } = both;
  if (which === "shared") {
    const table = {
      ...encoderTable!,
      from: "shared.weight",
      orElse: "decoder.embed_tokens.weight",
    };
    return { ...rest, "embed.W_E": table };
  }
  return {
    ...rest,
    "encoder.embed.W_E": {
      ...encoderTable!,
      from: "encoder.embed_tokens.weight",
      orElse: "shared.weight",
    },
    "decoder.embed.W_E": {
      ...other!,
      from: "decoder.embed_tokens.weight",
      orElse: "shared.weight",
    },
  };
}

/**
 * The unembedding, where the model does not use its embeddings for it.
 *
 * @param bias whether logits have one, as a matrix of one row
 */
export function unembedding({
  tied,
  vocabulary,
  dModel,
  from = "/lm_head.weight",
  bias,
}: {
  readonly tied: boolean;
  readonly vocabulary: number;
  readonly dModel: number;
  readonly from?: string;
  readonly bias?: string;
}): WeightMap {
  const sizes = { d_vocab: vocabulary, d_model: dModel, one: 1 };
  const matrix: WeightEntry = { from, shape: ["d_vocab", "d_model"], sizes };
  return {
    ...(!tied && { "unembed.W_U": matrix }),
    ...(bias !== undefined && {
      "unembed.b_U": {
        from: bias,
        shape: ["one", "d_vocab"],
        merge: { d_vocab: ["one", "d_vocab"] },
        sizes,
        optional: true,
      },
    }),
  };
}
