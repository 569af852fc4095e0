/** @file What the main entries of Node and browsers have in common: studies, their Results, errors. */
export {
  AbortError,
  INPUT_ERROR_CODES,
  InputError,
  throwIfAborted,
  UnableError,
  type InputErrorCode,
  type InputErrorOptions,
} from "./base/errors.ts";
export type { Tensor, TensorData } from "./base/tensor.ts";
export { headName, type HeadAt, type HeadChoice } from "./base/headName.ts";
export type { Closable } from "./base/closable.ts";
export { VERSION } from "./base/version.ts";
export type {
  DecoderFacts,
  Architecture,
  Model,
  RotaryFacts,
  ImageFacts,
  Sight,
  ScanFacts,
  RowEnds,
  StackFacts,
  UnembeddingChoice,
} from "./models/family.ts";
export { drawnTokens, type DrawnTokens } from "./models/drawnTokens.ts";
export type { RowBos } from "./models/bosPolicy.ts";
export type { NotText } from "./models/notText.ts";
export { kvHeadOf } from "./models/kvHeadOf.ts";
export { splitRevision } from "./models/modelName.ts";
export type { LoadOptions } from "./models/loadOptions.ts";
export type { NameMap } from "./models/nameMap.ts";
export type { LoadedModel } from "./models/loadedModel.ts";
export type { RunnableModel } from "./inputs/runnableModel.ts";
export type { Prompt } from "./inputs/promptRows.ts";
export type { IdRows, ModelInputs, Numbers } from "./inputs/modelInputs.ts";
export { featuresOfAudio, pixelsOfImages, type MediaFile } from "./inputs/media/mediaInputs.ts";
export type { MediaKind, Preprocessor } from "./models/preprocessor.ts";
export type { Block, PlantedHead } from "./models/planted/circuit.ts";
export { PLANTED } from "./models/planted/planted.ts";
export type { ZooIndex } from "./models/zoo/zooIndex.ts";
export type {
  Backend,
  Device,
  EngineOptions,
  EngineSession,
  Feeds,
  FilePart,
  MemoryBudget,
  MemoryFolder,
  OpenEngine,
  RawTensor,
  SessionOptions,
  SideFile,
  SpillFile,
  OtherEngines,
  Rounding,
  SpeedMemory,
  Tenant,
  TenantNeeds,
  Trace,
  Unwritten,
} from "./base/backend.ts";
export type { Progress } from "./base/progress.ts";
export { analyse } from "./studies/analyse/analyse.ts";
export type { AnalyseOptions, HeadScreen } from "./studies/analyse/plan.ts";
export { audit, type AuditOptions } from "./studies/audit/audit.ts";
export { blockRows, type BlockChoice } from "./inputs/blockRows.ts";
export { stackRows, type CrossRows, type FedRows, type StackRows } from "./inputs/stackRows.ts";
export type { Crossing } from "./measure/stackScores.ts";
export { ablationRows, type AblationInput, type AblationRows } from "./inputs/ablationRows.ts";
export { ablate } from "./studies/ablate/ablate.ts";
export type { AblateOptions, MinimalOptions } from "./studies/ablate/plan.ts";
export { attention } from "./studies/attention/attention.ts";
export type { AttentionOptions } from "./studies/attention/plan.ts";
export { compare } from "./studies/compare/compare.ts";
export type { CompareOptions } from "./studies/compare/plan.ts";
export { card } from "./studies/card/card.ts";
export { cardDiff } from "./studies/card/cardDiff.ts";
export { check } from "./studies/check/check.ts";
export type { CheckOptions } from "./studies/check/plan.ts";
export { rulesFrom, type PlacedRule, type Rules } from "./studies/check/rulesFile.ts";
export type { LabelRule, HeadProperty as Named, NumberRule, Rule } from "./studies/check/rule.ts";
export { certify } from "./studies/certify/certify.ts";
export type { CertifyOptions } from "./studies/certify/plan.ts";
export { circuit } from "./studies/circuit/circuit.ts";
export type { CircuitOptions } from "./studies/circuit/plan.ts";
export { fingerprint } from "./studies/patch/fingerprint.ts";
export type { FingerprintOptions } from "./studies/patch/planFingerprint.ts";
export { modelCard } from "./studies/info/modelCard.ts";
export { cardResult, type ModelCard } from "./studies/info/result.ts";
export type { CurveOptions } from "./studies/ablate/ablationCurve.ts";
export type {
  AblationKind,
  AttentionValue,
  DesignName,
  IdealPattern,
  MetricName,
  PathMetric,
  PathRoute,
  UnitName,
} from "./results/causalNames.ts";
export { lens } from "./studies/lens/lens.ts";
export type { LensOptions } from "./studies/lens/plan.ts";
export { patch } from "./studies/patch/patch.ts";
export type { PatchOptions } from "./studies/patch/plan.ts";
export type { ResumeLog } from "./base/resumeLog.ts";
export { attribution } from "./studies/attribution/attribution.ts";
export type { AttributionOptions, HeadUnit } from "./studies/attribution/plan.ts";
export { verdict } from "./studies/verdict/verdict.ts";
export type { VerdictOptions } from "./studies/verdict/plan.ts";
export type { VerdictInput, VerdictTokens } from "./studies/verdict/verdictRows.ts";
export { pathPatch } from "./studies/path/path.ts";
export type { PathOptions } from "./studies/path/plan.ts";
export { why } from "./studies/why/why.ts";
export type { WhyOptions } from "./studies/why/plan.ts";
export type { AttentionArray } from "./studies/patterns/attentionLayers.ts";
export {
  inductionHeadDetector,
  topHeads,
  type HeadAttention,
  type InductionHeadDetector,
} from "./studies/detector/inductionHeadDetector.ts";
export type { DetectorOptions } from "./studies/detector/plan.ts";
export { scorePatterns } from "./studies/patterns/scorePatterns.ts";
export type { PatternTokens, ScorePatternsOptions } from "./studies/patterns/plan.ts";
export { phase } from "./studies/phase/phase.ts";
export { phaseRun, type RunCheckpoint } from "./studies/phase/phaseRun.ts";
export type { PhaseOptions, PhaseRunOptions } from "./studies/phase/plan.ts";
export { phaseSeeds } from "./studies/phase/phaseSeeds.ts";
export {
  matchValues,
  runModel,
  type CapturedValue,
  type Receiver,
  type RunOptions,
} from "./studies/run/runModel.ts";
export {
  openWorkbench,
  type HeadEdit,
  type Reference,
  type ReferenceOptions,
  type Workbench,
  type WorkbenchOptions,
  type WorkbenchRows,
  type WorkbenchRun,
} from "./interventions/workbench/workbench.ts";
export { shapley } from "./studies/shapley/shapley.ts";
export type { ShapleyOptions } from "./studies/shapley/plan.ts";
export { behaviours } from "./studies/behaviours/behaviours.ts";
export type { BehavioursOptions } from "./studies/behaviours/plan.ts";
export { fewShot } from "./studies/fewShot/fewShot.ts";
export type { FewShotOptions } from "./studies/fewShot/plan.ts";
export { score } from "./studies/score/score.ts";
export type { ScoreOptions } from "./studies/score/plan.ts";
export { image, type ImageOptions } from "./studies/image/image.ts";
export { imageResult, type ImageResult } from "./studies/image/result.ts";
export { ablateStacks, type AblateStacksOptions } from "./studies/stacks/ablateStacks.ts";
export { stackAblationResult, type StackAblationResult } from "./studies/stacks/resultAblate.ts";
export { scoreStacks } from "./studies/stacks/scoreStacks.ts";
export type { ScoreStacksOptions } from "./studies/stacks/plan.ts";
export { stacksResult, type StacksResult } from "./studies/stacks/result.ts";
export { canRun, MODEL_STUDIES, type ModelStudy } from "./studies/common/canRun.ts";
export type { StudyOptions } from "./studies/common/studyOptions.ts";
export { text } from "./studies/text/text.ts";
export type { PromptPair, TextOptions } from "./studies/text/plan.ts";
export type { BosChoice, GeneratedInput, OwnTokens, RepeatedRows } from "./inputs/scoreInput.ts";
export type { SeedOptions } from "./studies/common/overSeeds.ts";
export type { TargetText } from "./inputs/targetRows.ts";
export type { CausalPrompt } from "./inputs/causalPrompt.ts";
export type { OwnPair, PairOptions } from "./inputs/pair.ts";
export type { SequenceInput } from "./inputs/sequences.ts";
export { ablateResult, type AblateResult } from "./studies/ablate/result.ts";
export { analyseResult, type AnalyseResult } from "./studies/analyse/result.ts";
export { attentionResult, type AttentionResult } from "./studies/attention/result.ts";
export {
  behavioursResult,
  type BehaviourResult,
  type BehavioursResult,
} from "./studies/behaviours/result.ts";
export { fewShotResult, type FewShotResult } from "./studies/fewShot/result.ts";
export { auditResult, type AuditResult } from "./studies/audit/result.ts";
export {
  detectorResult,
  type DetectorHead,
  type DetectorResult,
} from "./studies/detector/result.ts";
export {
  compareResult,
  type ComparedModel,
  type ComparedPair,
  type CompareResult,
} from "./studies/compare/result.ts";
export { headCardResult, type CardResult } from "./studies/card/result.ts";
export { cardDiffResult, type CardDiffResult } from "./studies/card/resultDiff.ts";
export {
  checkResult,
  type CheckedRule,
  type CheckResult,
  type Outcome,
} from "./studies/check/result.ts";
export { certifyResult, type CertifyResult } from "./studies/certify/result.ts";
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
export { shapleyResult, type ShapleyResult } from "./studies/shapley/result.ts";
export type { Replacement } from "./results/causalNames.ts";
export { verdictResult, type VerdictResult } from "./studies/verdict/result.ts";
export {
  phaseResult,
  type PhaseCurves,
  type PhaseHead,
  type PhasePair,
  type PhaseResult,
} from "./studies/phase/result.ts";
export { phaseSeedsResult, type PhaseSeedsResult } from "./studies/phase/resultSeeds.ts";
export type { ArchitectureInfo } from "./results/architecture.ts";
export type { EnvironmentInfo, InputInfo, ModelInfo } from "./results/common.ts";
export type { Flag, Label } from "./measure/verdict/names.ts";
export { INDUCTION_ATTENTION } from "./measure/attendsLikeInduction.ts";
export type { AttentionScore } from "./measure/attentionTables.ts";
export { uniformOf, type UniformScores } from "./measure/uniformScores.ts";
export { SCORE_TABLE } from "./measure/scoreTable.ts";
export {
  SCORE_NAMES,
  scoreResult,
  type ScoreName,
  type ScoreResult,
} from "./studies/score/result.ts";
export type {
  BosPolicy,
  ByteRange,
  EosPolicy,
  SpecialToken,
  Tokenizer,
} from "./text/tokenizer/tokenizer.ts";
export {
  runWithCache,
  type ActivationCache,
  type CachedRun,
  type RunWithCacheOptions,
} from "./studies/run/runWithCache.ts";
export {
  generate,
  type GeneratedText as Generated,
  type GenerateOptions,
} from "./studies/run/generate.ts";
