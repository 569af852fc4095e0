/** @file `induction-lens/graph`: a model as a Program, the edits that turn one into another, and how to run one. */
export {
  bytesInMemory,
  type ByteSource,
  type StoredBlocks,
  type StoredTensor,
  type StoredType,
  type Weights,
} from "./base/bytes.ts";
export { tensor, type Tensor, type TensorData } from "./base/tensor.ts";
export { ablate, ablationInput } from "./graph/edits/ablate.ts";
export { add, additionInput } from "./graph/edits/add.ts";
export { capture } from "./graph/edits/capture.ts";
export { freeze } from "./graph/edits/freeze.ts";
export { narrow } from "./graph/edits/narrow.ts";
export { replace, replacementInputs, type SwitchNames } from "./graph/edits/replace.ts";
export { slice } from "./graph/edits/slice.ts";
export { variants, type VariantEdit, type Variants } from "./graph/edits/variants.ts";
export { prune, typesOf, type Program } from "./graph/program.ts";
export type { Axis, NumberType, ValueType } from "./graph/axes.ts";
export { prepare, type Session } from "./runtime/prepare.ts";
export type { PassOptions } from "./runtime/passOptions.ts";
export { builder, type Axes, type Builder, type Name, type WeightSpec } from "./graph/builder.ts";
export { ablateHeads } from "./graph/edits/ablateHeads.ts";
export {
  ATTENTION_SCORE_VALUES,
  attentionTableFeeds,
  withAttentionScores,
  type ScoredPart,
} from "./graph/edits/withAttentionScores.ts";
export { TOKEN_LOSS_VALUES, withTokenLoss } from "./graph/edits/withTokenLoss.ts";
export { hook, type Edit } from "./graph/edits/hook.ts";
export { intercept, type Interception } from "./graph/edits/intercept.ts";
export { perQueryHead } from "./graph/edits/perQueryHead.ts";
export { gradient, type GradientOptions } from "./graph/gradient/gradient.ts";
export type { LongerRuns, RotaryTable } from "./graph/rotaryTable.ts";
export type { Op, OpAttributes, OpName } from "./graph/ops.ts";
export {
  producerOf,
  type Constant,
  type Fill,
  type ProgramInput,
  type Selection,
  type Weight,
} from "./graph/program.ts";
