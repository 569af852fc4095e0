/** @file What a lens reads: rows that repeat, or texts; each position with the token that should follow. */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { InputError } from "../../base/errors.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import { PAIR_EXAMPLES } from "../../inputs/pair.ts";
import { generatedRows, ownRows } from "../../inputs/scoreInput.ts";
import { targetRows, type TargetText } from "../../inputs/targetRows.ts";
import { copiedTargets } from "../../interventions/targetDirections.ts";
import { takeRows } from "../../interventions/rows.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { InputInfo } from "../../results/common.ts";
import type { LensOptions, LensRead } from "./plan.ts";

export interface LensRows {
  /** Token ids, axes [batch, position]. */
  readonly tokens: Tensor<Int32Array>;
  readonly info: InputInfo;
  readonly warnings: readonly string[];
  readonly read: LensRead;
  /** Targets of some rows at some positions, axes [batch, position]. */
  readonly targets: (rows: readonly number[], positions: readonly number[]) => Tensor<Int32Array>;
  /** Of texts: what was asked, and the tokens of the first one. */
  readonly texts?: {
    readonly targets: readonly TargetText[];
    readonly pieces: readonly string[];
  };
}

/** @throws {InputError} as `ownRows`, `generatedRows` and `targetRows`; "options" for texts beside rows */
export async function lensRows(model: LoadedModel, options: LensOptions): Promise<LensRows> {
  if (options.texts) return rowsOfTexts(model, options.texts, options);
  const rows = options.rows
    ? await ownRows(model.architecture, options.rows)
    : generatedRows(model.architecture, options, PAIR_EXAMPLES);
  const first = rows.start + rows.period;
  return {
    ...rows,
    read: {
      of: "the second copy",
      positions: Array.from({ length: rows.period }, (_, offset) => first + offset),
    },
    targets: (chosen, positions) => copiedTargets(rows, chosen, positions),
  };
}

async function rowsOfTexts(
  model: LoadedModel,
  requests: readonly TargetText[],
  { rows: own, seqLen, numExamples, seed, bos = "auto" }: LensOptions,
): Promise<LensRows> {
  const others = Object.keys(withoutUndefined({ rows: own, seqLen, numExamples, seed }));
  if (others.length > 0)
    throw new InputError(
      "options",
      `texts are read as they are, so ${others.join(", ")} cannot be used`,
    );
  const { tokens, targets, positions, info, pieces } = await targetRows(model, requests, bos);
  const length = tokens.shape[1]!;
  return {
    ...{ tokens, info, warnings: [] },
    read: { of: "the text that have a target", positions },
    targets(rows, places) {
      const { data } = takeRows(targets, rows);
      const ids = rows.flatMap((_, row) => places.map((place) => data[row * length + place]!));
      return tensor(targets.axes, [rows.length, places.length], Int32Array.from(ids));
    },
    texts: { targets: requests, pieces },
  };
}
