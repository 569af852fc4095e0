/** @file Exact patterns in the place of a head's own: how much of what it does is its pattern. */
import { tensor } from "../../base/tensor.ts";
import { IDEAL_HEADS, idealHeads } from "../../measure/idealHeads.ts";
import { IDEAL_PATTERNS, type IdealPattern } from "./result.ts";
import type { AblationRows } from "../../inputs/ablationRows.ts";
import type { HeadAt } from "../../base/headName.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import type { Change } from "../../interventions/variantRuns.ts";

export interface IdealJob {
  readonly head: HeadAt;
  readonly pattern: IdealPattern;
}

/** Each head with each exact pattern. */
export function idealJobs(heads: readonly HeadAt[]): IdealJob[] {
  return heads.flatMap((head) => IDEAL_PATTERNS.map((pattern) => ({ head, pattern })));
}

/** The head attends exactly as `idealHeads` says, in every example; its values stay its own. */
export function idealPattern({ head, pattern }: IdealJob, rows: AblationRows): Change {
  const { start, period } = rows;
  const length = rows.info.length;
  const { data } = idealHeads({ start, period, length });
  const area = length * length;
  const index = IDEAL_HEADS.indexOf(pattern);
  const values = data.subarray(index * area, (index + 1) * area);
  const heads = head.head + 1; // a row of the source reaches as far as the head
  const source = new Float32Array(heads * area);
  source.set(values, head.head * area);
  return {
    value: hookName(head.layer, "attn.hook_pattern"),
    source: tensor(["batch", "head", "query", "key"], [1, heads, length, length], source),
    part: { heads: [head.head] },
    exampleOf: () => 0,
  };
}
