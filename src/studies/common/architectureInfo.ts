import type { Architecture } from "../../models/family.ts";
import type { ArchitectureInfo } from "../../results/architecture.ts";

/** What a model is made of, for its Results and its card. */
export function architectureInfoOf(architecture: Architecture): ArchitectureInfo {
  const { modelType = null, vocabulary, contextLength, experts, softcap } = architecture;
  const { dHead = null, dValue = null, dModel = null } = architecture;
  return {
    modelType,
    sizes: { dHead, dValue, dModel, vocabulary, contextLength },
    attention: attentionOf(architecture),
    norm: { kind: architecture.norm ?? null, places: architecture.normPlaces ?? null },
    parallel: architecture.parallel ?? false,
    residualMultiplier: architecture.residual?.multiplier ?? 1,
    logitSoftcap: softcap?.logits ?? null,
    unembedding: architecture.head ?? null,
    experts: experts ? { ...experts, layers: [...experts.layers] } : null,
  };
}

function attentionOf(architecture: Architecture): ArchitectureInfo["attention"] {
  const { layers, positions, windows, chunks, rotary, softcap } = architecture;
  return {
    positions: positions ?? null,
    layers: Array.from({ length: layers }, (_, layer) => ({
      layer,
      window: windows?.[layer] ?? null,
      ...(chunks?.[layer] && { chunk: chunks[layer] }),
      rotary: rotary?.[layer] ?? null,
    })),
    latent: architecture.latent ?? false,
    queryKeyNorm: architecture.queryKeyNorm ?? false,
    scoreSoftcap: softcap?.scores ?? null,
    sinks: architecture.sinks ?? false,
  };
}
