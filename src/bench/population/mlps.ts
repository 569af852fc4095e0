/** @file MLPs of planted models: one that does nothing planned, one that derives a code, one that takes off `shadow`. */
import type { Random } from "../../base/random.ts";
import { connect, normals, product, type Matrix } from "./matrix.ts";
import type { Plan } from "./plans.ts";
import type { MlpRole } from "./scenario.ts";
import type { Stream } from "./stream.ts";

export interface WiredMlp {
  /** [d_model, d_mlp]; null: not gated. */
  readonly gate: Matrix | null;
  /** [d_model, d_mlp] */
  readonly in: Matrix;
  /** [d_mlp, d_model] */
  readonly out: Matrix;
}

type Shape = Pick<Plan, "mlp" | "activation">;

const ACTIVATIONS: Readonly<Record<Plan["activation"], (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu_new: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

export const mlpWidth = (width: number) => 3 * width;

const range = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index);

/** Small random weights, some of which a role replaces. */
export function wiredMlp(
  role: MlpRole,
  { mlp, activation }: Shape,
  stream: Stream,
  derivation: Derivation | null,
  draw: Random,
): WiredMlp {
  const hidden = mlpWidth(stream.width);
  const inner = () => normals(draw, stream.dModel, hidden, SMALL);
  const weights = {
    gate: mlp === "gated" ? inner() : null,
    in: inner(),
    out: normals(draw, hidden, stream.dModel, SMALL),
  };
  if (role === "derive") derive(weights, stream, derivation!);
  if (role === "cancel") cancel(weights, activation, stream);
  return weights;
}

const SMALL = 0.02;

/** Hidden units lose what they read by chance and write nothing else, before a role uses them. */
function clearUnits({ gate, in: inner, out }: WiredMlp, units: number): void {
  for (const matrix of [gate, inner])
    if (matrix)
      matrix.data.forEach((_, at) => {
        if (at % matrix.columns < units) matrix.data[at] = 0;
      });
  out.data.fill(0, 0, units * out.columns);
}

/** A fixed random function of a token's code, with values near length 1. */
export interface Derivation {
  /** Both [width, width]. */
  readonly a: Matrix;
  readonly b: Matrix;
  readonly scale: number;
  readonly codes: Matrix;
}

/** Plain: scale (act(A e) - act(B e)); gated: scale act(A e) (B e). Both are about 0 on average over tokens. */
export function derivationOf({ mlp, activation }: Shape, tokens: Matrix, draw: Random): Derivation {
  const width = tokens.columns;
  const [a, b] = [normals(draw, width, width, STEEP), normals(draw, width, width, STEEP)];
  const act = ACTIVATIONS[activation];
  const [left, right] = [product(tokens, a), product(tokens, b)];
  const data = left.data.map((value, at) =>
    mlp === "gated" ? act(value) * right.data[at]! : act(value) - act(right.data[at]!),
  );
  const mean = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / tokens.rows);
  const codes = { ...tokens, data: data.map((value) => value / mean) };
  return { a, b, scale: 1 / mean, codes };
}

/** Deviation of the entries: units are well beyond the bend of the activation. */
const STEEP = 1.5;

function derive(mlp: WiredMlp, stream: Stream, { a, b, scale }: Derivation): void {
  const { width } = stream;
  const [token, derived] = [stream.at("token"), range(stream.at("derived"), width)];
  clearUnits(mlp, 2 * width);
  writePart(mlp.gate ?? mlp.in, token, 0, a);
  writePart(mlp.in, token, mlp.gate ? 0 : width, b);
  connect(mlp.out, 0, derived, scale);
  if (!mlp.gate) connect(mlp.out, width, derived, -scale);
}

/** Plain: act(x) - act(-x) = x for each activation here; gated: a gate that is open at every position. */
function cancel(mlp: WiredMlp, activation: Plan["activation"], stream: Stream): void {
  const { width, oneAt, constant } = stream;
  const [shadow, target] = [stream.at("shadow"), range(stream.at("shadow"), width)];
  clearUnits(mlp, 2 * width);
  connect(mlp.in, shadow, range(0, width), 1);
  if (mlp.gate) {
    range(0, width).forEach((unit) => (mlp.gate!.data[oneAt * mlp.gate!.columns + unit] = OPEN));
    connect(mlp.out, 0, target, -1 / ACTIVATIONS[activation](OPEN * constant));
  } else {
    connect(mlp.in, shadow, range(width, width), -1);
    connect(mlp.out, 0, target, -1);
    connect(mlp.out, width, target, 1);
  }
}

const OPEN = 0.5;

function writePart(matrix: Matrix, row: number, column: number, part: Matrix): void {
  for (let inner = 0; inner < part.rows; inner++)
    matrix.data.set(
      part.data.subarray(inner * part.columns, (inner + 1) * part.columns),
      (row + inner) * matrix.columns + column,
    );
}
