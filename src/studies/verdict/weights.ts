/** @file What the weights say beside the causal evidence: composition with the receivers, and copying by the OV circuit. */
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Backend } from "../../base/backend.ts";
import { compositionRuns, type CompositionTable } from "../../interventions/compositionRuns.ts";
import { circuitShares } from "../../interventions/circuitShares.ts";
import {
  embeddingProducts,
  hasEffective,
  type EmbeddingProducts,
} from "../../interventions/embeddingProducts.ts";
import type { HeadAt } from "../../base/headName.ts";
import { headMatrices, type HeadMatrices } from "../../interventions/headMatrices.ts";

export interface WeightEvidence {
  readonly composition: CompositionTable;
  /** Eigenvalue shares of each receiver's full OV circuit. */
  readonly copying: readonly { readonly raw: number | null; readonly effective: number | null }[];
}

/** Reads matrices up to the last receiver's layer. */
export async function weightEvidence(
  model: LoadedModel,
  backend: Backend,
  receivers: readonly HeadAt[],
  signal: AbortSignal | undefined,
  progress: (done: number, total: number) => void,
): Promise<WeightEvidence> {
  const last = Math.max(...receivers.map(({ layer }) => layer));
  const layers: HeadMatrices[] = [];
  for (let layer = 0; layer <= last; layer++)
    layers.push(await headMatrices(model, backend, layer));
  const composition = await compositionRuns(backend, layers, {
    into: new Set(receivers.map(({ layer }) => layer)),
    progress,
    signal,
  });
  const products = (kind: "raw" | "effective") => embeddingProducts(model, backend, kind);
  const raw = await products("raw");
  const effective = hasEffective(model) ? await products("effective") : null;
  const shares = await circuitShares(backend, layers[0]!);
  const share = async ({ layer, head }: HeadAt, { copying }: EmbeddingProducts) =>
    (await shares.of(layers[layer]!, "ov", copying, [head]))[0]!;
  const copying: { readonly raw: number | null; readonly effective: number | null }[] = [];
  try {
    for (const receiver of receivers) {
      const own = await share(receiver, raw);
      copying.push({ raw: own, effective: effective && (await share(receiver, effective)) });
    }
    return { composition, copying };
  } finally {
    await shares.close();
  }
}
