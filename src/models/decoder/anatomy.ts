import type { Anatomy } from "../family.ts";
import { hasExperts, type DecoderSpec } from "./spec.ts";

/** The facts of a spec that studies ask for. */
export function anatomyOf(spec: DecoderSpec, head: Anatomy["head"]): Anatomy {
  const { blocks, residual, norm } = spec;
  const attentions = blocks.map(({ attention }) => attention);
  const first = attentions[0]!;
  const withExperts = blocks.flatMap(({ mlp }, layer) => (hasExperts(mlp) ? [{ layer, mlp }] : []));
  const some = withExperts[0]?.mlp;
  return {
    dModel: spec.dModel,
    dHead: first.dHead,
    dValue: first.dValue ?? first.dHead,
    windows: attentions.map(({ window }) => window ?? null),
    positions: positionsOf(spec),
    rotaryLayers: attentions.flatMap(({ rotary }, layer) => (rotary ? [layer] : [])),
    norm: norm?.kind ?? null,
    normPlaces: residual.norms,
    parallel: residual.parallel !== undefined && residual.parallel !== null,
    queryKeyNorm: attentions.some((one) => one.norm),
    softcap: { scores: first.softcap ?? null, logits: spec.logitSoftcap ?? null },
    sinks: attentions.some(({ sinks }) => sinks),
    experts: some
      ? {
          count: some.experts,
          perToken: some.perToken,
          layers: withExperts.map(({ layer }) => layer),
        }
      : null,
    head,
  };
}

function positionsOf({ positions, blocks }: DecoderSpec): Anatomy["positions"] {
  if (positions) return positions.to === "stream" ? "learned" : "shortformer";
  if (blocks.some(({ attention }) => attention.alibi)) return "alibi";
  return blocks.some(({ attention }) => attention.rotary) ? "rotary" : "none";
}
