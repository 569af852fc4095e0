/** @file What a verdict has measured, before the rules look at it. */
import type { HeadAt } from "../../base/headName.ts";
import type { AttentionEvidence } from "../../measure/verdict/attention.ts";
import type { CausalNumbers } from "../../measure/verdict/causal.ts";
import type { CausalHeads } from "./causalRuns.ts";
import type { ConvolutionNumbers } from "./convolutionRuns.ts";
import type { UpstreamNumbers } from "./upstreamEvidence.ts";
import type { VerdictRows } from "./verdictRows.ts";
import type { WorthNumbers } from "./worthRuns.ts";
import type { WeightEvidence } from "./weights.ts";

/** Everything that was measured, before the rules look at it. */
export interface VerdictEvidence {
  readonly rows: VerdictRows;
  readonly attention: readonly AttentionEvidence[];
  readonly heads: CausalHeads;
  readonly leftOut: readonly HeadAt[];
  readonly causal: CausalNumbers | null;
  readonly upstream: UpstreamNumbers | null;
  /** Of candidates in state-space layers; null where there are none. */
  readonly convolution: ConvolutionNumbers | null;
  readonly weights: WeightEvidence | null;
  /** Null where it was not asked for. */
  readonly worth: WorthNumbers | null;
  /** Evidence that this model cannot give, each with the reason, as sentences. */
  readonly lacking: readonly string[];
}
