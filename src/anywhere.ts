/** @file The part of the public library that is the same in Node and in browsers; nothing here may need Node. */
export { bytesInMemory, type ByteSource, type Weights } from "./base/bytes.ts";
export { InputError, AbortError, UnableError } from "./base/errors.ts";
export { random, type Random } from "./base/random.ts";
export { tensor, type Tensor, type TensorData } from "./base/tensor.ts";
export { VERSION } from "./base/version.ts";

export { ablate, ablationInput } from "./graph/edits/ablate.ts";
export { add, additionInput } from "./graph/edits/add.ts";
export { capture } from "./graph/edits/capture.ts";
export { freeze } from "./graph/edits/freeze.ts";
export { narrow } from "./graph/edits/narrow.ts";
export { replace, replacementInputs, type SwitchNames } from "./graph/edits/replace.ts";
export { slice } from "./graph/edits/slice.ts";
export { variants, type VariantEdit, type Variants } from "./graph/edits/variants.ts";
export { prune, typesOf, type Axis, type Program, type ValueType } from "./graph/program.ts";

export type { Architecture, Model } from "./models/family.ts";
export type { LoadedModel, LoadOptions } from "./models/loaded.ts";
export { PLANTED } from "./models/planted/planted.ts";
export type { ZooIndex } from "./models/zoo/zooIndex.ts";

export type { Backend, Device, EngineOptions, Feeds, Trace } from "./base/backend.ts";
export type { Progress } from "./base/progress.ts";
export { prepare, type Session } from "./runtime/prepare.ts";

export { analyse, type AnalyseOptions } from "./studies/analyse/analyse.ts";
export { audit, type AuditOptions } from "./studies/audit/audit.ts";
export { ablationRows, type AblationRows } from "./studies/ablate/ablationRows.ts";
export { ablate as ablateHeads, type AblateOptions } from "./studies/ablate/ablate.ts";
export { attention, type AttentionOptions } from "./studies/attention/attention.ts";
export { circuit, type CircuitOptions } from "./studies/circuit/circuit.ts";
export { fingerprint, type FingerprintOptions } from "./studies/patch/fingerprint.ts";
export { lens, type LensOptions } from "./studies/lens/lens.ts";
export { patch, type PatchOptions } from "./studies/patch/patch.ts";
export type { SweepLog } from "./interventions/chain.ts";
export { attribution, type AttributionOptions } from "./studies/attribution/attribution.ts";
export { verdict, type VerdictOptions } from "./studies/verdict/verdict.ts";
export type { StepMemory } from "./studies/verdict/steps.ts";
export { pathPatch, type PathOptions } from "./studies/path/path.ts";
export { why, type WhyOptions } from "./studies/why/why.ts";
export { analyseHeadAttention } from "./studies/detector/analyseHeadAttention.ts";
export type { AttentionArray } from "./studies/patterns/attentionLayers.ts";
export {
  inductionHeadDetector,
  topHeads,
  type DetectorOptions,
  type HeadAttention,
  type InductionHeadDetector,
} from "./studies/detector/inductionHeadDetector.ts";
export {
  scorePatterns,
  type PatternTokens,
  type ScorePatternsOptions,
} from "./studies/patterns/scorePatterns.ts";
export { phase, type PhaseOptions } from "./studies/phase/phase.ts";
export { phaseRun, type PhaseRunOptions, type RunCheckpoint } from "./studies/phase/phaseRun.ts";
export { phaseSeeds } from "./studies/phase/phaseSeeds.ts";
export {
  matchValues,
  runModel,
  type CapturedValue,
  type Receiver,
  type RunOptions,
} from "./studies/run/run.ts";
export {
  openWorkbench,
  type HeadEdit,
  type Reference,
  type Workbench,
  type WorkbenchOptions,
  type WorkbenchRows,
  type WorkbenchRun,
} from "./interventions/workbench/workbench.ts";
export { score, type ScoreOptions } from "./studies/score/score.ts";
export type { StudyOptions } from "./studies/common/studyOptions.ts";
export { text, type TextOptions as TextStudyOptions } from "./studies/text/text.ts";
export type { PromptPair } from "./studies/text/pairGaps.ts";
export type { BosChoice, GeneratedInput, OwnTokens } from "./inputs/scoreInput.ts";

export { ablateResult, type AblateResult } from "./studies/ablate/result.ts";
export { analyseResult, type AnalyseResult } from "./studies/analyse/result.ts";
export { attentionResult, type AttentionResult } from "./studies/attention/result.ts";
export { auditResult, type AuditResult } from "./studies/audit/result.ts";
export {
  detectorResult,
  type DetectorHead,
  type DetectorResult,
} from "./studies/detector/result.ts";
export { circuitResult, type CircuitResult } from "./studies/circuit/result.ts";
export { lensResult, type LensResult } from "./studies/lens/result.ts";
export {
  fingerprintResult,
  patchResult,
  type FingerprintResult,
  type PatchResult,
} from "./studies/patch/result.ts";
export { attributionResult, type AttributionResult } from "./studies/attribution/result.ts";
export { pathResult, type PathResult } from "./studies/path/result.ts";
export { patternsResult, type Mask, type PatternsResult } from "./studies/patterns/result.ts";
export { textResult, type TextResult } from "./studies/text/result.ts";
export { whyResult, type WhyResult } from "./studies/why/result.ts";
export { verdictResult, type VerdictResult } from "./studies/verdict/result.ts";
export { phaseResult, type PhaseCurves, type PhaseResult } from "./studies/phase/result.ts";
export { phaseSeedsResult, type PhaseSeedsResult } from "./studies/phase/resultSeeds.ts";
export type { EnvironmentInfo, InputInfo, ModelInfo } from "./results/common.ts";
export {
  SCORE_NAMES,
  scoreResult,
  type ScoreName,
  type ScoreResult,
} from "./studies/score/result.ts";

export { plotAttentionPattern, plotHeadScores, plotInductionStripe } from "./draw/asciiPlots.ts";
export { auditText } from "./studies/audit/viewText.ts";
export { detectorText, type DetectorTextOptions } from "./studies/detector/viewText.ts";
export { scoreCsv } from "./studies/score/viewCsv.ts";
export { jsonText } from "./draw/json.ts";
export { scoreText, type TextOptions } from "./studies/score/viewTerminal.ts";

export { attentionTables, ATTENTION_SCORES } from "./measure/attentionTables.ts";
export { contract } from "./measure/contract.ts";
export {
  changePoint,
  changeSearch,
  type ChangeFinding,
  type ChangeOptions,
  type ChangePoint,
} from "./measure/changePoint.ts";
export { CONVENTIONS } from "./measure/conventions.ts";
export { headBehaviour, type HeadBehaviour } from "./measure/headBehaviour.ts";
export { idealHeads, IDEAL_HEADS, type IdealHead } from "./measure/idealHeads.ts";
export {
  FEWEST_FOR_INTERVAL,
  meanInterval,
  scoreInterval,
  type Interval,
} from "./measure/interval.ts";
export { copyLosses, olssonInContextScore } from "./measure/losses.ts";
export { detectorScores, legacyDetectorScores } from "./measure/prefixDetector.ts";
export type { Repeats } from "./measure/repeats.ts";
export { uniformScores } from "./measure/uniformScores.ts";

export { checkpointFiles, type ModelFiles } from "./training/checkpointFiles.ts";
export { textData } from "./training/data/textSplit.ts";
export type { ExportFormat } from "./training/exportFormats.ts";
export { exportModel, type ExportedModel } from "./training/exportModel.ts";
export { recipeFrom, type Recipe, type RecipeInput } from "./training/recipe.ts";
export {
  train,
  type TrainedWeight,
  type TrainingState,
  type TrainingStep,
  type TrainOptions,
} from "./training/train.ts";
export type { BestHead, TrainingScores } from "./training/trainingScores.ts";

export {
  allPatterns,
  PATTERN_NAMES,
  tokenPattern,
  type GeneratorOptions,
  type MeasuredPattern,
  type PatternName,
} from "./text/patterns/generators.ts";
export type { Tokenizer } from "./text/tokenizer/tokenizer.ts";
export { disjointControl, reshuffledControl } from "./text/patterns/controls.ts";
export { ordinaryTokens } from "./text/patterns/ordinaryTokens.ts";
export { repeatedTokens } from "./text/patterns/repeatedTokens.ts";
export type { PatternOptions, TokenPattern } from "./text/patterns/tokenPattern.ts";
