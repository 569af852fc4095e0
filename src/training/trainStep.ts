/** @file A training step as one Program: forward pass, loss, gradient, update. */
import { builder } from "../graph/builder.ts";
import { gradient, gradientOf } from "../graph/gradient/gradient.ts";
import { prune, type Program, type Weight } from "../graph/program.ts";
import { adamw, type AdamWOptions } from "./adamw.ts";
import { PARAMETERS, trainable, type Parameter } from "./trainable.ts";

export interface TrainStepOptions extends AdamWOptions {
  /** Weights that decay; by default those that multiply, as in nanoGPT: no biases, no gains of norms, no rates of state-space layers. */
  readonly decays?: ((weight: Weight) => boolean) | undefined;
  /**
   * Weights whose true gradient is zero and computed one is rounding, which the optimiser would blow up to the size of a
   * step: key biases without rotation, which add the same to all scores of a query.
   */
  readonly isUnmoved?: ((name: string) => boolean) | undefined;
}

export interface TrainStep {
  /**
   * Inputs `tokens` and `targets` [batch, position], `parameters`, the optimiser's state and numbers (adamw.ts);
   * outputs `loss`, `gradient_norm` and `next:...` of parameters and state.
   */
  readonly program: Program;
  readonly parameters: readonly Parameter[];
}

/** The values of a step that are not the optimiser's. */
export const STEP_VALUES = { tokens: "tokens", targets: "targets", loss: "loss" } as const;

/** `loss` = mean over batch and position of -log p(target), in nats, from `logits` and the new input `targets`. */
export function withLoss(program: Program): Program {
  const b = builder(program);
  const targets = b.input(STEP_VALUES.targets, "int32", { batch: "batch", position: "position" });
  const all = b.op("logSumExp", ["logits"], { axis: "d_vocab" }, "loss.all");
  const picked = b.op("pick", ["logits", targets], {}, "loss.picked");
  const each = b.op("sub", [all, picked], {}, "loss.each"); // [batch, position]
  b.op("mean", [each], { axes: ["batch", "position"] }, STEP_VALUES.loss);
  return b.program([STEP_VALUES.loss], program.limits);
}

/** @param program a forward pass that makes `logits` from `tokens` */
export function trainStep(
  program: Program,
  {
    decays = ({ name }) => !/\.(w|b|b_\w+|A_log|D|dt_bias)$/.test(name),
    isUnmoved = () => false,
    ...optimiser
  }: TrainStepOptions = {},
): TrainStep {
  const { program: forward, parameters } = trainable(withLoss(program), { first: decays });
  const names = parameters.map(({ weight }) => weight.name);
  const moved = names.filter((name) => !isUnmoved(name));
  const b = builder(gradient(forward, { of: STEP_VALUES.loss, wrt: moved }));
  const flat = parameters.map(({ weight: { name }, axes }) => {
    const merged = { axes: axes.map((axis) => axis.name), into: "parameter" };
    return b.op("mergeAxes", [moved.includes(name) ? gradientOf(name) : zeros(name)], merged);
  });
  function zeros(name: string) {
    return b.op("stretch", [b.constant("number 0", {}, [0]), name], {});
  }
  const whole = b.op("concat", flat, { axis: "parameter" });
  const decaying = parameters.findLast(({ weight }) => decays(weight))?.end ?? 0;
  const updates = adamw(b, PARAMETERS, whole, decaying, optimiser);
  return { program: prune(b.program([STEP_VALUES.loss, ...updates], program.limits)), parameters };
}
