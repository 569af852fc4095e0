/** @file Which studies a model can have, by how it is built: said before anything is opened or run. */
import { InputError } from "../../base/errors.ts";
import type { Architecture, Model } from "../../models/family.ts";

/** Studies of one model, as the registry calls them. */
export const MODEL_STUDIES = [
  ...(["score", "verdict", "patch", "path", "attribution", "ablate", "lens", "circuit"] as const),
  ...(["attention", "why", "analyse", "text"] as const),
];
export type ModelStudy = (typeof MODEL_STUDIES)[number];

type Described = Pick<Model, "architecture" | "program">;

/** Null where the study can run, else why not, as a sentence. */
export function canRun(study: ModelStudy, { architecture, program }: Described): string | null {
  const needs = NEEDS[study];
  const headless = program.absent?.["logits"] ?? null;
  if (needs.logits && headless !== null) return headless;
  return needs.more.map((reasonAgainst) => reasonAgainst(architecture)).find(isReason) ?? null;
}

/** @throws {InputError} "study" with the reason, where the study cannot run */
export function checkCanRun(study: ModelStudy, model: Described): void {
  const reason = canRun(study, model);
  if (reason !== null) throw new InputError("study", `${study} cannot run: ${reason}`);
}

type ReasonAgainst = (architecture: Architecture) => string | null;

const isReason = (reason: string | null) => reason !== null;

const cappedLogits: ReasonAgainst = ({ softcap }) =>
  softcap?.logits
    ? `its logits are kept within ${softcap.logits} (a soft cap), so they are no sum of what parts add`
    : null;

const cappedScores: ReasonAgainst = ({ softcap }) =>
  softcap?.scores
    ? `its attention scores are kept within ${softcap.scores} (a soft cap), so they are no sum of what parts add`
    : null;

const changedOutputs: ReasonAgainst = ({ normPlaces, residual }) => {
  if (normPlaces && normPlaces !== "before")
    return "norms stand between what its attention writes and the residual stream, so heads do not add to logits directly";
  if (residual && residual.multiplier !== 1)
    return `what its attention writes is multiplied by ${residual.multiplier} before it is added to the residual stream`;
  return residual?.fromNorm
    ? "its residual stream is normalised at every layer, so the stream is no sum of what heads write"
    : null;
};

const latentQueries: ReasonAgainst = ({ latent }) =>
  latent
    ? "its queries, keys and values come from low-rank vectors (latent attention), so there are no W_Q, W_K and W_V of the stream"
    : null;

const sharedKeysNormed: ReasonAgainst = ({ normOverAllHeads, heads, kvHeads }) =>
  normOverAllHeads && kvHeads < heads
    ? "a norm over all its key heads together stands behind keys that query heads share, so an estimate cannot tell query heads apart"
    : null;

const NEEDS: Readonly<
  Record<ModelStudy, { readonly logits: boolean; readonly more: readonly ReasonAgainst[] }>
> = {
  score: { logits: false, more: [] },
  verdict: { logits: true, more: [] },
  patch: { logits: true, more: [] },
  path: { logits: true, more: [] },
  attribution: { logits: true, more: [latentQueries, sharedKeysNormed] },
  ablate: { logits: true, more: [] },
  lens: { logits: true, more: [cappedLogits, changedOutputs] },
  circuit: { logits: true, more: [cappedLogits, latentQueries] },
  attention: { logits: false, more: [] },
  why: { logits: true, more: [cappedScores] },
  analyse: { logits: true, more: [cappedLogits, changedOutputs] },
  text: { logits: true, more: [] },
};
