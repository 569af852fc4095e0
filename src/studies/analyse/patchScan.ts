/** @file The patch scan of `analyse`: what clean values of heads, attention and MLPs restore in corrupted runs. */
import { renameSteps } from "../../base/progress.ts";
import { InputError } from "../../base/errors.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { AnalyseResult } from "./result.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { attribution } from "../attribution/attribution.ts";
import { patch } from "../patch/patch.ts";
import type { GeneratedInput } from "../../inputs/scoreInput.ts";

export type PatchScan = Pick<
  AnalyseResult["studies"],
  "patchHeads" | "screenHeads" | "patchAttention" | "patchMlp"
>;

/**
 * Patches the output of heads, attention layers and MLPs (design BA, denoise, mean log-probability of the second copy).
 *
 * @param screen heads that are run exactly; null: every head
 * @returns null for what the model lacks, for the way that was not taken with heads, and for all where clean and corrupted
 *   runs differ by less than noise: then there is nothing to restore
 */
export async function patchScan(
  model: LoadedModel,
  options: GeneratedInput & StudyOptions,
  screen: number | null,
): Promise<PatchScan> {
  const patched = (unit: keyof typeof UNIT_WORDS) => {
    const progress = renameSteps(options.progress, (step) => `${step} ${UNIT_WORDS[unit]}`);
    return orNull(() => patch(model, { ...options, progress, unit }));
  };
  const hasMlp = anatomy(model.program, model.architecture).layers[0]!.mlp !== null;
  return {
    patchHeads: screen === null ? await patched("head-out") : null,
    screenHeads:
      screen === null
        ? null
        : await orNull(() => attribution(model, { ...options, units: ["head-out"], screen })),
    patchAttention: await patched("attn-out"),
    patchMlp: hasMlp ? await patched("mlp-out") : null,
  };
}

/** As progress has them: three scans would each begin a step of the same name anew. */
const UNIT_WORDS = { "head-out": "heads", "attn-out": "attention layers", "mlp-out": "MLPs" };

async function orNull<Result>(run: () => Promise<Result>): Promise<Result | null> {
  return run().catch((error: unknown) => {
    if (error instanceof InputError && error.code === "range") return null;
    throw error;
  });
}
