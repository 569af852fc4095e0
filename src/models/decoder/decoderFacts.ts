import { ropeTypeOf } from "../config/ropeType.ts";
import type { DecoderFacts } from "../family.ts";
import { hasExperts, type AttentionSpec, type DecoderSpec } from "./spec.ts";

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
  const attentions = blocks.map(({ attention }) => attention);
  const first = attentions[0]!;
  const withExperts = blocks.flatMap(({ mlp }, layer) => (hasExperts(mlp) ? [{ layer, mlp }] : []));
  const some = withExperts[0]?.mlp;
  return {
    dModel: spec.dModel,
    dHead: first.dHead,
    dValue: first.dValue ?? first.dHead,
    mask: first.mask ?? "causal",
    windows: attentions.map(({ window }) => window ?? null),
    positions: positionsOf(spec),
    rotaryLayers: attentions.flatMap(({ rotary }, layer) => (rotary ? [layer] : [])),
    rotary: attentions.map((one, layer) => rotaryOf(one, ropeTypeOf(json, layer, one.window))),
    latent: attentions.some(({ latent }) => latent),
    norm: norm?.kind ?? null,
    normPlaces: residual.norms,
    residual: {
      multiplier: residual.multiplier ?? 1,
      fromNorm: residual.fromNorm ?? false,
    },
    parallel: residual.parallel !== undefined && residual.parallel !== null,
    queryKeyNorm: attentions.some((one) => one.norm),
    normOverAllHeads: attentions.some((one) => one.norm?.over === "all heads"),
    softcap: { scores: first.softcap ?? null, logits: spec.logitSoftcap ?? null },
    sinks: attentions.some(({ sinks }) => sinks),
    experts: some
      ? {
          count: some.experts,
          perToken: some.perToken,
          shared: some.shared ?? null,
          layers: withExperts.map(({ layer }) => layer),
        }
      : null,
    head,
  };
}

function positionsOf({ positions, blocks }: DecoderSpec): DecoderFacts["positions"] {
  if (positions?.table === "sinusoids") return "sinusoids";
  if (positions) return positions.to === "stream" ? "learned" : "shortformer";
  if (blocks.some(({ attention }) => attention.relative)) return "relative";
  if (blocks.some(({ attention }) => attention.alibi)) return "alibi";
  return blocks.some(({ attention }) => attention.rotary) ? "rotary" : "none";
}

function rotaryOf({ rotary }: AttentionSpec, type: string): DecoderFacts["rotary"][number] {
  if (!rotary) return null;
  const entries = 2 * rotary.rope.frequencies.length;
  return { type, entries, interleaved: rotary.interleaved };
}
