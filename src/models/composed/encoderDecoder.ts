/** @file An encoder and a decoder that attends to it, as one Program. */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import { embed, unembed } from "../decoder/embedding.ts";
import type { Place } from "../decoder/place.ts";
import type { DecoderSpec, StackSpec } from "../decoder/spec.ts";
import { stack } from "../decoder/stack.ts";
import type { WeightLookup } from "../decoder/weights.ts";
import type { BoundWeights } from "../weightMap.ts";
import { heard, type AudioSpec } from "./audio.ts";

export type EncoderSpec = DecoderSpec | (StackSpec & { readonly audio: AudioSpec });

export interface EncoderDecoderSpec {
  readonly encoder: EncoderSpec;
  readonly decoder: DecoderSpec;
  /** Whether positions have an end: with biases by distance they do not. */
  readonly endless?: boolean;
}

const DECODER: Place = { prefix: "decoder.", position: "position", ids: "decoder" };

/** Reads `encoder` (or `features`) and `decoder`; its output is `logits` [batch, position, d_vocab] of the decoder. */
export function encoderDecoderProgram(
  { encoder, decoder, endless = false }: EncoderDecoderSpec,
  weights: BoundWeights,
): Program {
  const b = builder();
  const w = weights(b);
  const memory = encodeSource(b, w, encoder); // [batch, position, d_model]
  const begin = embed(b, w, decoder, DECODER);
  const normed = stack(b, w, decoder, begin, DECODER, memory);
  unembed(b, w, normed, decoder, DECODER);
  const source = "audio" in encoder ? {} : { source: encoder.contextLength };
  return b.program(["logits"], endless ? {} : { ...source, position: decoder.contextLength });
}

function encodeSource(b: Builder, w: WeightLookup, encoder: EncoderSpec): Name {
  const prefix = "encoder.";
  if ("audio" in encoder) {
    const place = { prefix, position: encoder.audio.positions, ids: "" };
    const stream = heard(b, w, encoder.audio, prefix);
    return stack(b, w, encoder, { stream, queryKeyPositions: null }, place);
  }
  const place = { prefix, position: "source", ids: "encoder" };
  return stack(b, w, encoder, embed(b, w, encoder, place), place);
}
