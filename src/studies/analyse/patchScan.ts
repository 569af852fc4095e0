/** @file The patch scan of `analyse`: what clean values of heads, attention and MLPs restore in corrupted runs. */
import type { Progress } from "../../base/progress.ts";
import { InputError } from "../../base/errors.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { AnalyseResult } from "./result.ts";
import type { UnitName } from "../../results/causalNames.ts";
import type { Backend } from "../../base/backend.ts";
import { attribution } from "../attribution/attribution.ts";
import { patch } from "../patch/patch.ts";
import type { GeneratedInput } from "../../inputs/scoreInput.ts";

export type PatchScan = Pick<
  AnalyseResult["studies"],
  "patchHeads" | "screenHeads" | "patchAttention" | "patchMlp"
>;

/** How many heads, best by attribution patching, are patched exactly beside random others; "all": every head. */
export type HeadScreen = number | "all";

interface ScanOptions extends GeneratedInput {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

/** Rows, whose cost a sweep is; as many as an interval takes. */
const EXAMPLES = 10;
/** A model with more heads than this is screened unless asked otherwise: its exact sweep takes minutes. */
const MOST_EXACT = 64;
const SCREEN = 20;

/**
 * Patches the output of heads, attention layers and MLPs (design BA, denoise, mean log-probability of the second copy).
 *
 * @returns null for what the model lacks, for the way that was not taken with heads, and for all where clean and corrupted
 *   runs differ by less than noise: then there is nothing to restore
 */
export async function patchScan(
  model: LoadedModel,
  backend: Backend,
  options: ScanOptions,
  asked: HeadScreen | undefined,
): Promise<PatchScan> {
  const input = { numExamples: EXAMPLES, ...options };
  const patched = (unit: UnitName) => orNull(() => patch(model, { backend, ...input, unit }));
  const screen = screenOf(model, asked);
  const hasMlp = model.program.ops.some(({ output }) => output === "blocks.0.hook_mlp_out");
  return {
    patchHeads: screen === null ? await patched("head-out") : null,
    screenHeads:
      screen === null
        ? null
        : await orNull(() =>
            attribution(model, { backend, ...input, units: ["head-out"], screen }),
          ),
    patchAttention: await patched("attn-out"),
    patchMlp: hasMlp ? await patched("mlp-out") : null,
  };
}

/**
 * Heads to confirm; null: every head is run exactly.
 *
 * @throws {InputError} "range"
 */
function screenOf({ architecture }: LoadedModel, asked: HeadScreen | undefined): number | null {
  if (asked === "all") return null;
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1))
    throw new InputError("range", `a screen confirms at least 1 head, got ${asked}`);
  if (asked !== undefined) return asked;
  return architecture.layers * architecture.heads > MOST_EXACT ? SCREEN : null;
}

async function orNull<Result>(run: () => Promise<Result>): Promise<Result | null> {
  return run().catch((error: unknown) => {
    if (error instanceof InputError && error.code === "range") return null;
    throw error;
  });
}
