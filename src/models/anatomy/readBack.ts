/** @file A Program's operations, to be followed from a value back to what it is made of. */
import type { Op } from "../../graph/ops.ts";
import type { Program } from "../../graph/program.ts";
import type { NormAnatomy } from "./programAnatomy.ts";

/** Operations by the value that they make, looked up once. */
export interface Operations {
  readonly program: Program;
  readonly producers: ReadonlyMap<string, Op>;
  readonly weights: ReadonlySet<string>;
  /** Constants that are one number. */
  readonly numbers: ReadonlyMap<string, number>;
}

export function operationsOf(program: Program): Operations {
  return {
    program,
    producers: new Map(program.ops.map((op) => [op.output, op])),
    weights: new Set(program.weights.map(({ name }) => name)),
    numbers: new Map(
      program.constants.flatMap(({ name, axes, data }): [string, number][] =>
        axes.length === 0 ? [[name, data[0]!]] : [],
      ),
    ),
  };
}

/** The value that `name` is another name of. */
export function beforeRename({ producers }: Pick<Operations, "producers">, name: string): string {
  const op = producers.get(name);
  const same = op?.op === "rename" && Object.keys(op.attributes.names).length === 0;
  return same ? beforeRename({ producers }, op.inputs[0]!) : name;
}

/** The norm whose output, gain included (one for all heads, or one for each), is `name`; null if it is none. */
export function normAt({ producers, numbers }: Operations, name: string): NormAnatomy | null {
  const last = producers.get(name);
  const isGain = last?.op === "gain" || (last?.op === "mul" && !numbers.has(last.inputs[1]!));
  const gained = isGain ? last : null;
  const norm = gained ? producers.get(gained.inputs[0]!) : last;
  if (norm?.op !== "norm") return null;
  const [input, scale, gain = null, bias = null] = norm.inputs as [
    string,
    string,
    string?,
    string?,
  ];
  const { eps, center } = norm.attributes;
  return { input, scale, eps, center, gain: gained?.inputs[1] ?? gain, bias, output: name };
}

/** `name` as another value times one number; factor 1 if it is not. */
export function beforeScale(
  { producers, numbers }: Operations,
  name: string,
): { readonly value: string; readonly factor: number } {
  const op = producers.get(name);
  const factor = op?.op === "mul" ? numbers.get(op.inputs[1]!) : undefined;
  return factor === undefined ? { value: name, factor: 1 } : { value: op!.inputs[0]!, factor };
}

/** `name` as cap * tanh(value / cap); cap null if it is not. */
export function beforeCap(
  operations: Operations,
  name: string,
): { readonly value: string; readonly cap: number | null } {
  const { value, factor: cap } = beforeScale(operations, name);
  const op = operations.producers.get(value);
  if (op?.op !== "tanh") return { value: name, cap: null };
  return { value: beforeScale(operations, op.inputs[0]!).value, cap };
}

/** Operations that `ends` are computed by, from `begin` on: in order, without those that make `begin`. */
export function operationsBetween(
  { program, producers }: Operations,
  begin: string,
  ends: readonly string[],
): Op[] {
  const ops = new Set<Op>();
  const open = [...ends];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const op = name === begin ? undefined : producers.get(name);
    if (!op || ops.has(op)) continue;
    ops.add(op);
    open.push(...op.inputs);
  }
  return ops.size === 0 ? [] : program.ops.filter((op) => ops.has(op));
}
