/** @file What the weights say beside the causal evidence: composition with the receivers, and copying by the OV circuit. */
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Backend } from "../../base/backend.ts";
import { compositionRuns, type CompositionTable } from "../../interventions/compositionRuns.ts";
import { circuitShares, type CircuitShares } from "../../interventions/circuitShares.ts";
import {
  embeddingProducts,
  hasEffective,
  type EmbeddingProducts,
} from "../../interventions/embeddingProducts.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import type { Tensor } from "../../base/tensor.ts";
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
  const sharesBy = ({ copying }: EmbeddingProducts) => sharesOf(shares, layers, receivers, copying);
  try {
    const [own, others] = [await sharesBy(raw), effective && (await sharesBy(effective))];
    const copying = receivers.map((_, at) => ({ raw: own[at]!, effective: others?.[at] ?? null }));
    return { composition, copying };
  } finally {
    await shares.close();
  }
}

/** OV shares of each receiver; a layer is multiplied once, whatever the number of its receivers. */
async function sharesOf(
  shares: CircuitShares,
  layers: readonly HeadMatrices[],
  receivers: readonly HeadAt[],
  between: Tensor,
): Promise<(number | null)[]> {
  const byName = new Map<string, number | null>();
  for (const layer of new Set(receivers.map((receiver) => receiver.layer))) {
    const heads = receivers.filter((each) => each.layer === layer).map(({ head }) => head);
    const values = await shares.of(layers[layer]!, "ov", between, heads);
    heads.forEach((head, at) => byName.set(headName({ layer, head }), values[at]!));
  }
  return receivers.map((receiver) => byName.get(headName(receiver))!);
}
