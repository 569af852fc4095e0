/** @file `phase` on the checkpoints of a run: each is loaded, measured and closed, the last one first. */
import { engineFor } from "../../runtime/engineFor.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import { shownValue } from "../../base/faultSentences.ts";
import { compositionBaseline } from "../../measure/composition.ts";
import type { Architecture } from "../../models/family.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { PhaseCurves, PhaseHead, PhasePair, PhaseResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import { reshuffledControl } from "../../text/patterns/controls.ts";
import { canRun, checkCanRun, NO_COPY } from "../common/canRun.ts";
import { environmentOf, modelInfoOf } from "../common/about.ts";
import {
  generatedRows,
  ownRows,
  type GeneratedInput,
  type RepeatedRows,
} from "../../inputs/scoreInput.ts";
import { stackRows, type StackRows } from "../../inputs/stackRows.ts";
import { inductionHeads, pairWith, previousBefore } from "./leadingPair.ts";
import { composedWith, withPaths, type PathRows } from "./upstreamHeads.ts";
import {
  measureCheckpoint,
  pairComposition,
  type CheckpointRows,
  type CheckpointNumbers,
  type TextLosses,
} from "./measureCheckpoint.ts";
import { STRATEGIES, type Strategy } from "../../measure/contextStrategies.ts";
import type { MarkovRows } from "../../text/patterns/markovRows.ts";
import { chainRows } from "./checkpointStrategies.ts";
import { taskOf } from "../stacks/ablationTask.ts";
import { ACROSS, measureStacks } from "./measureStacks.ts";
import { OLSSON_POSITIONS, textWindows } from "./textWindows.ts";
import { phase } from "./phase.ts";
import { PHASE_RUN_OPTIONS, type PhaseRunOptions } from "./plan.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/** A model of a run, opened when its turn has come. */
export interface RunCheckpoint {
  readonly step: number;
  readonly open: () => Promise<LoadedModel>;
}

/** Rows where no number is asked for. */
const EXAMPLES = 16;

/**
 * Measures every checkpoint on the same rows and says what changed; see `phase`. Memory does not grow with checkpoints:
 * one model is open at a time, and numbers by head are all that is kept.
 *
 * @throws {InputError} "checkpoints" for none, for a step that is there twice, or for models that differ in shape
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function phaseRun(
  checkpoints: readonly RunCheckpoint[],
  options: PhaseRunOptions = {},
): Promise<PhaseResult> {
  checkOptionNames("phaseRun", options, PHASE_RUN_OPTIONS);
  const { id, training } = options;
  const ordered = rising(checkpoints);
  const started = performance.now();
  const { steps, numbers, compositions, pairs, model, backend, rows, copies } = await measureAll(
    ordered,
    options,
  );
  const width = widthOf(model);
  return phase(steps, curvesOf(numbers, training ?? null, "stacks" in rows ? null : rows.chains), {
    id,
    warnings: [...copyWarnings(copies), ...rows.warnings],
    pairOf: (induction) => pairs.find((pair) => same(pair.induction, induction)) ?? null,
    compositionOf: (_, induction) => {
      const which = pairs.findIndex((pair) => same(pair.induction, induction));
      const of = (route: "k" | "q") => compositions.map((pair) => pair[which]?.[route] ?? 0);
      const known = compositions.every((pair) => pair[which]);
      return which < 0 || !known
        ? null
        : { k: of("k"), q: of("q"), baseline: compositionBaseline(width) };
    },
    about: {
      model: modelInfoOf(model),
      input: "stacks" in rows ? rows.stacks.info : rows.repeated.info,
      environment: environmentOf(backend),
      timings: { run: performance.now() - started },
    },
  });
}

type Numbers = Omit<CheckpointNumbers, "weights">;

/** Composition of each pair at one checkpoint. */
type Compositions = readonly ({ readonly k: number; readonly q: number } | null)[];

/** A checkpoint with the same weights as one that was measured. */
interface Copy {
  readonly step: number;
  readonly of: number;
}

interface MeasuredRun {
  /** Of the checkpoints that were measured, rising. */
  readonly steps: readonly number[];
  readonly copies: readonly Copy[];
  readonly numbers: readonly Numbers[];
  readonly compositions: readonly Compositions[];
  readonly pairs: readonly PhasePair[];
  /** The last checkpoint; closed by now. */
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly rows: Rows;
}

async function measureAll(
  ordered: readonly RunCheckpoint[],
  options: PhaseRunOptions,
): Promise<MeasuredRun> {
  const { seed, bos, signal, progress } = options;
  const byStep = new Map<number, Numbers & { readonly pairCompositions: Compositions }>();
  const stepOf = new Map<string, number>(); // by hash of the weights
  const copies: Copy[] = [];
  let last: Pick<MeasuredRun, "model" | "backend" | "rows"> | null = null;
  let pairs: readonly PhasePair[] | null = null;
  const pathRows: PathRows = { seed, bos, signal };
  const turns = [ordered.length - 1, ...ordered.keys()].slice(0, ordered.length); // the last shows which heads matter
  for (const [done, index] of turns.entries()) {
    throwIfAborted(signal);
    progress?.("checkpoints", done, turns.length);
    const model = await ordered[index]!.open();
    try {
      last ??= {
        model,
        backend: await engineFor(model, options),
        rows: await rowsFor(model, options),
      };
      const { backend } = last;
      const { step } = ordered[index]!;
      refuseOther(last.model, model, step);
      const same = stepOf.get(model.sha256);
      if (same !== undefined) {
        copies.push({ step, of: same });
        continue;
      }
      if (model.sha256 !== "") stepOf.set(model.sha256, step);
      const { weights, ...numbers } =
        "stacks" in last.rows
          ? await measureStacks(model, backend, last.rows.stacks, { signal })
          : await measureCheckpoint(model, backend, last.rows, {
              keep: pairs ? layersOf(pairs) : null,
              signal,
            });
      pairs ??= await pairsOf(model, backend, { weights, ...numbers }, pathRows);
      const pairCompositions = pairs.map(({ previous, induction }) =>
        previous ? pairComposition(weights, previous, induction) : null,
      );
      byStep.set(step, { ...numbers, pairCompositions });
    } finally {
      await model.close();
    }
  }
  progress?.("checkpoints", turns.length, turns.length);
  const steps = [...byStep.keys()].sort((a, b) => a - b);
  const numbers = steps.map((step) => byStep.get(step)!);
  const compositions = numbers.map(({ pairCompositions }) => pairCompositions);
  return { steps, copies, numbers, compositions, pairs: pairs!, ...last! };
}

/** Equal weights are one state of a run: counted more than once, they would look like time that nothing happens in. */
function copyWarnings(copies: readonly Copy[]): string[] {
  return [...new Set(copies.map(({ of }) => of))].map((of) => {
    const steps = copies.filter((copy) => copy.of === of).map(({ step }) => step);
    const [are, have] = steps.length === 1 ? ["step", "has"] : ["steps", "have"];
    return `${are} ${steps.join(", ")} ${have} the same weight files as step ${of} (equal hashes), so they count once, as step ${of}`;
  });
}

function layersOf(pairs: readonly PhasePair[]): Set<number> {
  return new Set(
    pairs.flatMap(({ previous, induction }) => (previous ? [previous.layer, induction.layer] : [])),
  );
}

const same = (first: PhaseHead, other: PhaseHead) =>
  first.layer === other.layer && first.head === other.head;

/** Induction heads whose upstream paths are cut; of the others the weights tell. */
const PATHS_OF = 4;

/** Each head that attends by induction at the end, best first, with the previous-token head before it that feeds it. */
async function pairsOf(
  model: LoadedModel,
  backend: Backend,
  { induction, control, previousToken, weights }: CheckpointNumbers,
  options: PathRows,
): Promise<PhasePair[]> {
  const asCurves = (scores: readonly (readonly number[])[]) =>
    scores.map((heads) => heads.map((score) => [score]));
  const curves = {
    induction: asCurves(induction),
    control: control && asCurves(control),
    previousToken: asCurves(previousToken),
  };
  const pairs: PhasePair[] = [];
  for (const head of inductionHeads(curves)) {
    const composed = composedWith(head, previousBefore(head.layer, curves), weights);
    const cut = pairs.length < PATHS_OF && canRun("path", model) === null;
    const candidates = cut ? await withPaths(model, backend, head, composed, options) : composed;
    pairs.push(pairWith(head, candidates));
  }
  return pairs;
}

function curvesOf(
  measured: readonly Numbers[],
  training: PhaseCurves["training"],
  chains: MarkovRows | null,
): PhaseCurves {
  const byHead = <Score>(of: (checkpoint: Numbers) => readonly (readonly Score[])[]) =>
    of(measured[0]!).map((heads, layer) =>
      heads.map((_, head) => measured.map((checkpoint) => of(checkpoint)[layer]![head]!)),
    );
  return {
    loss: {
      firstCopy: measured.map(({ firstCopy }) => firstCopy),
      secondCopy: measured.map(({ secondCopy }) => secondCopy),
      copyGain: measured.map(({ firstCopy, secondCopy }) => firstCopy - secondCopy),
    },
    icl: measured[0]!.icl && iclOf(measured.map(({ icl }) => icl!)),
    training,
    induction: byHead(({ induction }) => induction),
    control: measured[0]!.control && byHead(({ control }) => control!),
    previousToken: byHead(({ previousToken }) => previousToken),
    copying: measured[0]!.copying && byHead<number | null>(({ copying }) => copying!),
    composition: null,
    ...strategyCurvesOf(measured, chains),
  };
}

function strategyCurvesOf(
  measured: readonly Numbers[],
  chains: MarkovRows | null,
): Pick<PhaseCurves, "strategies"> {
  if (!chains) return {};
  const [rows, , symbols] = chains.symbolTokens.shape as readonly [number, number, number];
  const each = measured.map(({ strategies }) => strategies!);
  const curves = (of: "divergence" | "crossEntropy") =>
    Object.fromEntries(
      STRATEGIES.map((name) => [name, each.map((strategies) => strategies[of][name])]),
    ) as Record<Strategy, number[]>;
  return {
    strategies: {
      ...{ symbols, rows },
      divergence: curves("divergence"),
      crossEntropy: curves("crossEntropy"),
      follows: each.map(({ follows }) => follows),
    },
  };
}

function iclOf(losses: readonly TextLosses[]): PhaseCurves["icl"] {
  return {
    ...OLSSON_POSITIONS,
    earlyLoss: losses.map(({ early }) => early),
    lateLoss: losses.map(({ late }) => late),
    olsson: losses.map(({ olsson }) => olsson),
  };
}

type Rows = (CheckpointRows | { readonly stacks: StackRows }) & {
  readonly warnings: readonly string[];
};

async function rowsFor(
  model: LoadedModel,
  options: Pick<PhaseRunOptions, "rows" | "text" | "symbols" | keyof GeneratedInput>,
): Promise<Rows> {
  const { architecture } = model;
  const { rows: own, text, symbols } = options;
  if (architecture.stacks) return stackRowsFor(model, options);
  const repeated = own
    ? await ownRows(architecture, own)
    : generatedRows(architecture, options, EXAMPLES);
  const windows =
    text === undefined
      ? { tokens: null, warnings: [] }
      : await textWindows(model, text, repeated.info.examples);
  return {
    repeated,
    control: own ? null : controlOf(repeated, architecture),
    text: windows.tokens,
    chains: symbols === undefined ? null : chainRows(architecture, symbols, options),
    warnings: [...repeated.warnings, ...windows.warnings],
  };
}

/** @throws {InputError} "options" for rows or a text, which only decoders have; "study" for stacks that do not copy */
function stackRowsFor(
  model: LoadedModel,
  {
    rows: own,
    text,
    symbols,
    ...input
  }: Pick<PhaseRunOptions, "rows" | "text" | "symbols" | keyof GeneratedInput>,
): Rows {
  checkCopies(model);
  const unfit = { rows: own, text, symbols };
  const wrong = Object.entries(unfit).find(([, value]) => value !== undefined)?.[0] ?? null;
  if (wrong !== null)
    throw new InputError("options", `\`${wrong}\` is for decoders, and this model has an encoder`, {
      option: wrong,
    });
  const { numExamples = EXAMPLES, ...rest } = input;
  const stacks = stackRows(model.program, model.architecture, { ...rest, numExamples });
  return { stacks, warnings: [ACROSS, ...stacks.warnings] };
}

/** @throws {InputError} "study" for a model in which no decoder writes what an encoder of tokens reads */
function checkCopies(model: LoadedModel): void {
  checkCanRun("ablate-stacks", model, "phase");
  if (taskOf(model) === "copy") return;
  throw new InputError("study", `phase cannot run: ${NO_COPY}`);
}

/** The same rows without their repetition. */
function controlOf(repeated: RepeatedRows, architecture: Architecture): RepeatedRows {
  const { seed, examples, bosToken } = repeated.info;
  const { tokens } = reshuffledControl({
    seed: seed!,
    examples,
    period: repeated.period,
    bos: bosToken,
    ordinary: drawnTokens(architecture).ids,
  });
  return { ...repeated, tokens };
}

function rising(checkpoints: readonly RunCheckpoint[]): readonly RunCheckpoint[] {
  if (!Array.isArray(checkpoints))
    throw new InputError(
      "checkpoints",
      `phaseRun needs a list of checkpoints, each with its step, got ${shownValue(checkpoints)}`,
    );
  if (checkpoints.length === 0)
    throw new InputError("checkpoints", "phase needs checkpoints, got none");
  const ordered = checkpoints.toSorted((a, b) => a.step - b.step);
  const twice = ordered.find(({ step }, index) => ordered[index - 1]?.step === step);
  if (twice)
    throw new InputError(
      "checkpoints",
      `phase needs one checkpoint a step, got two of step ${twice.step}`,
    );
  return ordered;
}

function refuseOther(last: LoadedModel, model: LoadedModel, step: number): void {
  const names = ["family", "layers", "heads", "kvHeads", "vocabulary", "contextLength"] as const;
  const differ = names.filter((name) => model.architecture[name] !== last.architecture[name]);
  if (differ.length === 0) return;
  const list = differ.map(
    (name) => `${name} ${model.architecture[name]} and not ${last.architecture[name]}`,
  );
  throw new InputError(
    "checkpoints",
    `the checkpoints of a run need one shape, but step ${step} has ${list.join(", ")}`,
  );
}

/** d_model, by the residual stream. */
function widthOf({ program }: LoadedModel): number {
  const embedding = program.weights.find(({ axes }) =>
    axes.some(({ name }) => name === "d_model"),
  )!;
  return Number(embedding.axes.find(({ name }) => name === "d_model")!.size);
}
