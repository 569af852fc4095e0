/** @file What tells the previous-token heads before an induction head apart: the weights, and paths that are cut. */
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { PhaseHead } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { headName } from "../../base/headName.ts";
import { pathPatch } from "../path/path.ts";
import type { GeneratedInput } from "../../inputs/scoreInput.ts";
import type { HeadMatrices } from "../../interventions/headMatrices.ts";
import type { RankedHead, Upstream } from "./leadingPair.ts";
import { pairComposition } from "./measureCheckpoint.ts";

/** Candidates of a head, strongest first, with their composition by the weights of the model. */
export function composedWith(
  induction: PhaseHead,
  candidates: readonly RankedHead[],
  weights: ReadonlyMap<number, HeadMatrices>,
): Upstream[] {
  return candidates.map(({ layer, head, score }) => ({
    layer,
    head,
    previousToken: score,
    composition: pairComposition(weights, { layer, head }, induction),
    lost: null,
  }));
}

/** What the rows of the paths take from those of the run. */
export interface PathRows {
  readonly seed?: GeneratedInput["seed"] | undefined;
  readonly bos?: GeneratedInput["bos"] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The same candidates with the share of the head's induction score that is lost without their path into its keys and into
 * its queries, on the rows of path patching with its defaults.
 *
 * @throws as `pathPatch`
 */
export async function withPaths(
  model: LoadedModel,
  backend: Backend,
  induction: PhaseHead,
  candidates: readonly Upstream[],
  { seed, bos, signal }: PathRows,
): Promise<Upstream[]> {
  if (candidates.length === 0) return [];
  const along = async (route: "k" | "q") => {
    const { metric, paths } = await pathPatch(model, {
      ...{ backend, seed, bos, signal, route },
      into: [induction],
      from: candidates.map((head) => [head]),
    });
    return (head: Upstream) => {
      const { drop, interval } = paths.find(({ from }) => from[0] === headName(head))!;
      return {
        share: metric.clean > 0 ? drop / metric.clean : 0,
        sure: interval !== null && interval[0] > 0,
      };
    };
  };
  const [byKeys, byQueries] = [await along("k"), await along("q")];
  return candidates.map((head) => ({ ...head, lost: { k: byKeys(head), q: byQueries(head) } }));
}
