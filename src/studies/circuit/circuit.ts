/** @file `circuit`: composition, copying and matching from the weights alone; no token is run. */
import { progressOfStep } from "../../base/progress.ts";
import { beginResult } from "../../results/beginResult.ts";
import { checkCanRun } from "../common/canRun.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { compositionBaseline } from "../../measure/composition.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { CircuitResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { turn } from "../../runtime/turn.ts";
import { footerOf, modelInfoOf } from "../common/about.ts";
import {
  compositionRuns,
  ROUTES,
  type CompositionTable,
} from "../../interventions/compositionRuns.ts";
import {
  embeddingProducts,
  hasEffective,
  type EmbeddingProducts,
} from "../../interventions/embeddingProducts.ts";
import { headCircuits } from "./headCircuits.ts";
import { CIRCUIT_OPTIONS, circuitPlan, type CircuitOptions } from "./plan.ts";
import { headMatrices, type HeadMatrices } from "../../interventions/headMatrices.ts";
import { circuitShares } from "../../interventions/circuitShares.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * What the weights alone say: which heads compose, which copy, which match.
 *
 * Weights are as they are stored: norms are not folded in, rotary positions are left out. These numbers support and never
 * decide: strong composition may carry nothing, and the sign of copying depends on the embedding, so both are given.
 *
 * @returns composition 0 to 1, random heads 1 / sqrt(d_model); eigenvalue shares -1 to 1, random heads about 0
 * @throws {InputError} "study" for a model whose heads or logits are not products with weights; @throws {UnableError} if memory does not suffice
 * @see Elhage et al. 2021; TransformerLens `all_composition_scores`, the same numbers
 */
export async function circuit(
  model: LoadedModel,
  options: CircuitOptions = {},
): Promise<CircuitResult> {
  checkOptionNames("circuit", options, CIRCUIT_OPTIONS);
  checkCanRun("circuit", model);
  const engine = await engineFor(model, options);
  const plan = circuitPlan(model.architecture, options);
  const { signal, progress } = options;
  const { layers: count, heads } = model.architecture;
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const layers: HeadMatrices[] = [];
    for (let layer = 0; layer < count; layer++) {
      layers.push(await headMatrices(model, backend, layer));
      progress?.("reading weights", layer + 1, count);
    }
    const composition = await compositionRuns(backend, layers, {
      signal,
      progress: progressOfStep(progress, "composing heads"),
    });
    const composed = elapsed();
    const raw = await embeddingProducts(model, backend, "raw");
    const effective = hasEffective(model)
      ? await embeddingProducts(model, backend, "effective")
      : null;
    return {
      ...beginResult("induction-lens/circuit@1"),
      model: modelInfoOf(model),
      warnings: [],
      composition: {
        baseline: compositionBaseline(layers[0]!.query.shape[1]!),
        ...composition,
      },
      top: strongest(composition, heads, plan.topPairs),
      ...(await allShares(backend, layers, raw, effective)),
      heads: await headCircuits(model, backend, layers, plan, { signal, progress }),
      ...footerOf(backend, { composition: composed, run: elapsed() }),
    };
  });
}

async function allShares(
  backend: Backend,
  layers: readonly HeadMatrices[],
  raw: EmbeddingProducts,
  effective: EmbeddingProducts | null,
): Promise<Pick<CircuitResult, "copying" | "matching">> {
  const shares = await circuitShares(backend, layers[0]!);
  const share = async (circuit: "ov" | "qk", between: Tensor) => {
    const byLayer: (number | null)[][] = [];
    for (const layer of layers) {
      byLayer.push(await shares.of(layer, circuit, between));
      await turn();
    }
    return byLayer;
  };
  const full = ({ copying }: EmbeddingProducts) => share("ov", copying);
  const match = ({ matching }: EmbeddingProducts) => share("qk", matching);
  try {
    return {
      copying: {
        ov: await share("ov", identity(layers[0]!)),
        full: await full(raw),
        effective: effective && (await full(effective)),
      },
      matching: { raw: await match(raw), effective: effective && (await match(effective)) },
    };
  } finally {
    await shares.close();
  }
}

function identity({ value }: HeadMatrices): Tensor {
  const width = value.shape[1]!;
  const data = Float32Array.from({ length: width * width }, (_, place) =>
    place % (width + 1) === 0 ? 1 : 0,
  );
  return tensor(["row", "column"], [width, width], data);
}

function strongest(table: CompositionTable, heads: number, count: number): CircuitResult["top"] {
  const name = (index: number) => `${Math.floor(index / heads)}.${index % heads}`;
  return ROUTES.flatMap((route) =>
    table[route]
      .flatMap((row, earlier) => row.map((score, later) => ({ earlier, later, score })))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, count)
      .map(({ earlier, later, score }) => ({
        route,
        earlier: name(earlier),
        later: name(later),
        score,
      })),
  );
}
