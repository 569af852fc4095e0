import { ropeTypeOf } from "../config/ropeType.ts";
import type { DecoderFacts } from "../family.ts";
import { attentionsOf, hasExperts, unitsOf, type AttentionSpec, type DecoderSpec } from "./spec.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The facts of a spec that studies ask for.
 *
 * @param json the configuration, which calls rotary positions by name
 */
export function decoderFacts(
  spec: DecoderSpec,
  head: DecoderFacts["head"],
  json: Json,
): DecoderFacts {
  const { blocks, residual, norm } = spec;
  const attentions = attentionsOf(spec);
  const { dHead, dValue } = unitsOf(spec);
  const withExperts = blocks.flatMap(({ mlp }, layer) => (hasExperts(mlp) ? [{ layer, mlp }] : []));
  const firstExperts = withExperts[0]?.mlp;
  return {
    dModel: spec.dModel,
    dHead,
    dValue,
    mask: attentions[0]?.mask ?? "causal",
    windows: blocks.map(({ attention }) => attention?.window ?? null),
    chunks: blocks.map(({ attention }) => attention?.chunk ?? null),
    reaches: blocks.map(({ attention }) => attention?.reach ?? null),
    scan: scanOf(spec),
    positions: positionsOf(spec),
    rotaryLayers: blocks.flatMap(({ attention }, layer) => (attention?.rotary ? [layer] : [])),
    rotary: blocks.map(({ attention: mixer }, layer) =>
      mixer ? rotaryOf(mixer, ropeTypeOf(json, layer, mixer.window)) : null,
    ),
    latent: attentions.some(({ latent }) => latent),
    norm: norm?.kind ?? null,
    normPlaces: residual.norms,
    residual: {
      multiplier: residual.multiplier ?? 1,
      fromNorm: residual.fromNorm ?? false,
    },
    parallel: residual.parallel !== undefined && residual.parallel !== null,
    queryKeyNorm: attentions.some((mixer) => mixer.norm),
    normOverAllHeads: attentions.some((mixer) => mixer.norm?.over === "all heads"),
    softcap: { scores: attentions[0]?.softcap ?? null, logits: spec.logitSoftcap ?? null },
    sinks: attentions.some(({ sinks }) => sinks),
    experts: firstExperts
      ? {
          count: firstExperts.experts,
          perToken: firstExperts.perToken,
          shared: firstExperts.shared ?? null,
          layers: withExperts.map(({ layer }) => layer),
        }
      : null,
    head,
  };
}

function scanOf({ blocks }: DecoderSpec): DecoderFacts["scan"] {
  const layers = blocks.flatMap(({ ssm }, layer) => (ssm ? [layer] : []));
  const { ssm } = blocks[layers[0] ?? 0]!;
  if (!ssm) return null;
  const { kind: units, heads, dHead, states, taps } = ssm;
  return { units, heads, dHead, layers, states, taps };
}

function positionsOf(spec: DecoderSpec): DecoderFacts["positions"] {
  const { positions } = spec;
  if (positions?.table === "sinusoids") return "sinusoids";
  if (positions) return positions.to === "stream" ? "learned" : "shortformer";
  const attentions = attentionsOf(spec);
  if (attentions.some(({ relative }) => relative)) return "relative";
  if (attentions.some(({ alibi }) => alibi)) return "alibi";
  return attentions.some(({ rotary }) => rotary) ? "rotary" : "none";
}

function rotaryOf({ rotary }: AttentionSpec, type: string): DecoderFacts["rotary"][number] {
  if (!rotary) return null;
  const entries = 2 * rotary.rope.frequencies.length;
  return { type, entries, interleaved: rotary.interleaved };
}
