/** @file A training run, step by step: the same code in Node and in a browser's worker. It touches no files. */
import { InputError, UnableError } from "../base/errors.ts";
import { tensor, type Tensor, type TensorData } from "../base/tensor.ts";
import type { Program } from "../graph/program.ts";
import { prepare } from "../runtime/prepare.ts";
import type { Backend } from "../base/backend.ts";
import { byteSize } from "../base/byteSize.ts";
import { turn } from "../runtime/turn.ts";
import { ADAMW_VALUES, adamwNumbers } from "./adamw.ts";
import { textSplit } from "./data/textSplit.ts";
import { validationRows } from "./data/validationRows.ts";
import type { TrainingRows } from "./data/rowsFrom.ts";
import { stepRows } from "./data/trainingRows.ts";
import { copyScores } from "./copyScores.ts";
import { initialWeights, modelOf, unmovedIn, weightCount, weightShapes } from "./freshModel.ts";
import type { ModelShape } from "./modelShape.ts";
import { shapeOf, type Recipe } from "./recipe.ts";
import { learningRateAt } from "./schedule.ts";
import {
  PARAMETERS,
  gatherWeights,
  scatterWeights,
  trainable,
  type Parameter,
} from "./trainable.ts";
import { trainingScores, type TrainingScores } from "./trainingScores.ts";
import { STEP_VALUES, trainStep, withLoss } from "./trainStep.ts";

/** All that a run needs to go on as if it had never stopped. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  /** Which weight lies where in the vectors. */
  readonly layout: string;
  readonly parameters: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

/** A weight by its name in a checkpoint. */
export interface TrainedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a step left behind. */
export interface TrainingStep {
  /** Steps done; 0 is the start, before any. */
  readonly step: number;
  /** Tokens seen so far. */
  readonly tokens: number;
  /** Mean -log p of the batch before the step changed the weights, nats; null at the start. */
  readonly loss: number | null;
  /** Norm of the gradient before clipping; null at the start. */
  readonly gradientNorm: number | null;
  readonly learningRate: number;
  /** Measured with the weights after the step, at the recipe's `logEvery` steps, at checkpoints and at the end; else null. */
  readonly scores: TrainingScores | null;
  /** Mean loss on held-out text, measured together with `scores`; null without such text. */
  readonly validationLoss: number | null;
  /** Whether the recipe keeps the model of this step. */
  readonly isCheckpoint: boolean;
  readonly weights: () => TrainedWeight[];
  readonly state: () => TrainingState;
}

export interface TrainOptions {
  /** The text, where the recipe trains on one. */
  readonly text?: string | undefined;
  /** Goes on from here, bit for bit; left out: from the start. */
  readonly from?: TrainingState | undefined;
}

/** Time between two pauses in which others have their turn. */
const TURN_MS = 50;
/** A loss of this many times that of a guess has no way back. */
const LOST = 20;
const VALIDATION_WINDOWS = 32;
const STATE = [PARAMETERS, ADAMW_VALUES.mean, ADAMW_VALUES.square] as const;

/**
 * Trains the model of `recipe`, step by step. Whoever reads may stop at any step, keep the weights, and go on later from
 * `state()`: on the same engine with the same number of threads the weights are then the same, bit for bit.
 *
 * @returns what each step left, first the start (step 0, or where `from` is); the last is step `recipe.steps`
 * @throws {InputError} "text" or "tokens" if the text does not fit the recipe, "state" if `from` does not
 * @throws {UnableError} if a loss, a gradient or a weight is not finite, with the step; what came before stays good
 */
export async function* train(
  recipe: Recipe,
  backend: Backend,
  { text, from }: TrainOptions = {},
): AsyncGenerator<TrainingStep, void, void> {
  const run = await prepareRun(recipe, backend, text);
  try {
    let state = from ? checkState(from, run.start, recipe) : run.start;
    let yieldTime = performance.now();
    yield await reportStep(run, { state, loss: null, gradientNorm: null });
    while (state.step < recipe.steps) {
      const done = await takeStep(run, state);
      ({ state } = done);
      yield await reportStep(run, done);
      if (performance.now() - yieldTime < TURN_MS) continue;
      await turn();
      yieldTime = performance.now();
    }
  } finally {
    await run.session.close();
    await run.scores.close();
    await run.validation?.close();
  }
}

/** Copies of each weight that a step needs: itself, its gradient, two running means, and what they become. */
const COPIES = 7;

/** @throws {UnableError} if the weights alone are more than there is memory for, before any is made */
function checkRoom(shape: ModelShape, backend: Backend): void {
  const weights = weightCount(shape);
  const sizeBytes = COPIES * 4 * weights;
  const available = backend.availableBytes();
  if (sizeBytes <= available) return;
  throw new UnableError(
    `a model of ${weights} weights needs about ${byteSize(sizeBytes, "up")} of memory to train, ${backend.device} has ${byteSize(available, "down")}`,
  );
}

/** The sessions of a run, and where it begins. */
async function prepareRun(recipe: Recipe, backend: Backend, trainingText: string | undefined) {
  const shape = shapeOf(recipe);
  const { contextLength } = shape;
  const crosses = recipe.data.kind === "copied";
  const text =
    recipe.data.kind === "text"
      ? await textSplit(requireText(trainingText), recipe.data, contextLength)
      : null;
  checkRoom(shape, backend);
  const weights = initialWeights(shape, recipe.seed);
  const model = modelOf(shape, weights);
  const options = { ...recipe.optimiser, isUnmoved: unmovedIn(shape) };
  const { program, parameters } = trainStep(model.program, options);
  const heldOut = text && validationRows(text, { windows: VALIDATION_WINDOWS, contextLength });
  const first = gatherWeights(parameters, weights);
  const start: TrainingState = {
    step: 0,
    layout: layoutOf(parameters),
    parameters: first,
    mean: new Float32Array(first.length),
    square: new Float32Array(first.length),
  };
  return {
    recipe,
    parameters,
    start,
    rowsOf: stepRows(recipe, text),
    session: await prepare(program, backend, {
      ...{ batch: recipe.batch, position: contextLength, source: contextLength },
    }),
    scores: crosses
      ? await copyScores(model, parameters, backend)
      : await trainingScores(model, parameters, backend, symbolsOf(recipe)),
    validation: heldOut && (await lossOf(model.program, parameters, heldOut, backend)),
  };
}

function symbolsOf({ data }: Recipe): number | null {
  return data.kind === "markov" ? data.symbols : null;
}

type Run = Awaited<ReturnType<typeof prepareRun>>;

interface StepOutcome {
  readonly state: TrainingState;
  readonly loss: number | null;
  readonly gradientNorm: number | null;
}

async function takeStep({ recipe, parameters, rowsOf, session }: Run, before: TrainingState) {
  const { optimiser, steps, model } = recipe;
  const step = before.step + 1;
  const learningRate = learningRateAt(step, optimiser, steps);
  const trace = await session.run(
    new Map<string, Tensor<TensorData>>([
      ...Object.entries(rowsOf(step)),
      ...adamwNumbers({ ...optimiser, learningRate, step }, optimiser),
      ...vectorsOf(before),
    ]),
  );
  const [loss, gradientNorm] = [STEP_VALUES.loss, ADAMW_VALUES.gradientNorm].map(
    (name) => trace.get(name)!.data[0]!,
  ) as [number, number];
  const [next, mean, square] = STATE.map((name) => trace.get(ADAMW_VALUES.next(name))!.data);
  refuseLost({ step, loss, gradientNorm, learningRate }, model.vocabulary);
  refuseInfinite({ step, learningRate }, next!, parameters);
  const state = { ...before, step, parameters: next!, mean: mean!, square: square! };
  return { state, loss, gradientNorm } satisfies StepOutcome;
}

async function reportStep(run: Run, { state, ...losses }: StepOutcome): Promise<TrainingStep> {
  const { recipe, parameters, scores, validation } = run;
  const { step } = state;
  const isCheckpoint = recipe.checkpoints.includes(step);
  const isMeasured =
    step % recipe.logEvery === 0 || isCheckpoint || step === recipe.steps || losses.loss === null;
  const [[, vector]] = vectorsOf(state) as [[string, Tensor]];
  const learningRate = learningRateAt(Math.max(1, step), recipe.optimiser, recipe.steps);
  const measured = isMeasured ? await scores.measure(vector) : null;
  if (measured && !Number.isFinite(measured.copyGain))
    throw blownUp(step, "the loss of repeated tokens is not finite", learningRate);
  return {
    step,
    ...losses,
    tokens: step * recipe.batch * recipe.model.contextLength,
    learningRate,
    scores: measured,
    validationLoss: isMeasured && validation ? await validation.measure(vector) : null,
    isCheckpoint,
    weights: () => weightsOf(recipe, scatterWeights(parameters, state.parameters)),
    state: () => state,
  };
}

function weightsOf(recipe: Recipe, byName: ReadonlyMap<string, Float32Array>): TrainedWeight[] {
  const shapes = weightShapes(shapeOf(recipe));
  return [...byName].map(([name, data]) => ({ name, shape: shapes.get(name)!, data }));
}

function requireText(text: string | undefined): string {
  if (text !== undefined) return text;
  throw new InputError("text", "the recipe trains on a text, got none");
}

/** Measures the mean loss of `rows`. */
async function lossOf(
  program: Program,
  parameters: readonly Parameter[],
  { tokens, targets }: TrainingRows,
  backend: Backend,
) {
  const session = await prepare(trainable(withLoss(program), { parameters }).program, backend);
  return {
    async measure(vector: Tensor): Promise<number> {
      const feeds = { tokens, targets, [PARAMETERS]: vector };
      const trace = await session.run(new Map<string, Tensor<TensorData>>(Object.entries(feeds)));
      return trace.get(STEP_VALUES.loss)!.data[0]!;
    },
    close: () => session.close(),
  };
}

function vectorsOf(state: TrainingState): [string, Tensor][] {
  return [state.parameters, state.mean, state.square].map((data, index) => [
    STATE[index]!,
    tensor(["parameter"], [data.length], data),
  ]);
}

/** Names, axes and places of the weights, in words that change when they do. */
function layoutOf(parameters: readonly Parameter[]): string {
  return parameters
    .map(
      ({ weight, axes, start }) =>
        `${start} ${weight.name} ${axes.map(({ name }) => name).join("x")}`,
    )
    .join("; ");
}

function checkState(from: TrainingState, start: TrainingState, { steps }: Recipe): TrainingState {
  const size = start.parameters.length;
  const fits = [from.parameters, from.mean, from.square].every(({ length }) => length === size);
  if (!fits || from.layout !== start.layout)
    throw new InputError(
      "state",
      "the saved state is not of this recipe's model, or another version of induction-lens wrote it",
    );
  if (!Number.isInteger(from.step) || from.step < 0 || from.step > steps)
    throw new InputError("state", `the saved state is of step ${from.step}, the run has ${steps}`);
  return from;
}

interface Outcome {
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

function refuseLost({ step, loss, gradientNorm, learningRate }: Outcome, vocabulary: number): void {
  const lost = (what: string) => blownUp(step, what, learningRate);
  if (!Number.isFinite(loss)) throw lost(`the loss is ${loss}`);
  if (!Number.isFinite(gradientNorm)) throw lost(`the norm of the gradient is ${gradientNorm}`);
  if (loss > LOST * Math.log(vocabulary))
    throw lost(`the loss is ${loss.toPrecision(3)}, more than ${LOST} times that of a guess`);
}

function blownUp(step: number, what: string, learningRate: number): UnableError {
  return new UnableError(
    `training blew up at step ${step}: ${what} (learning rate ${learningRate.toPrecision(3)} there)`,
  );
}

/** A sum is finite if all its terms are, as float64 reaches much further than float32. */
function refuseInfinite(
  { step, learningRate }: Pick<Outcome, "step" | "learningRate">,
  vector: Float32Array,
  parameters: readonly Parameter[],
): void {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) sum += vector[index]!;
  if (Number.isFinite(sum)) return;
  const { weight } = parameters.find(({ start, end }) =>
    vector.subarray(start, end).some((value) => !Number.isFinite(value)),
  )!;
  throw blownUp(step, `${weight.name} is not finite`, learningRate);
}
