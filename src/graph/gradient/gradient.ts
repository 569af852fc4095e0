/** @file Reverse mode of a Program: the chain rule, operation by operation, written as more operations. */
import { InputError } from "../../base/errors.ts";
import { builder, type Builder, type Name } from "../builder.ts";
import type { Op, OpName } from "../ops.ts";
import { ancestorsOf, producerOf, type Program } from "../program.ts";
import type { Part, Rule, Write } from "./rule.ts";
import { RULES } from "./rules.ts";

/** The name of the gradient with respect to `name`. */
export function gradientOf(name: string): string {
  return `grad:${name}`;
}

export interface GradientOptions {
  /** A value without axes, such as a mean loss; with axes, the sum of its entries is meant. */
  readonly of: string;
  /** Values, inputs or weights: any that lead to `of`. */
  readonly wrt: readonly string[];
  /** What the gradients are called; of a second metric they need other names than those of the first. */
  readonly as?: ((name: string) => string) | undefined;
}

/**
 * Also compute d `of` / d x for each x of `wrt`, as outputs `grad:x` with exactly the axes of x.
 *
 * grad:x[i] = d (sum of `of`) / d x[i], where everything that is computed from x changes with it (the total
 * derivative): with respect to a residual stream, all later layers take part. Forward values are read, not computed
 * again. What is `freeze`d (a pattern, a norm's scale) is an input and passes nothing on. Masked scores get exactly 0.
 * At a kink (relu at 0) the derivative is 0, as in PyTorch.
 *
 * @throws {InputError} "unknown-value" for a name that the program does not have, "gradient" for values that do not
 *   lead to `of` or that no gradient can reach (token ids, switches, rotary tables)
 */
export function gradient(program: Program, { of, wrt, as = gradientOf }: GradientOptions): Program {
  for (const name of [of, ...wrt]) checkKnown(program, name);
  const b = builder(program);
  const write = writer(b, as(""));
  const active = between(program, b, of, wrt);
  const producers = new Map(program.ops.map((op) => [op.output, op]));
  const targets = new Set(wrt);
  const parts = new Map<Name, Part[]>(active.has(of) ? [[of, [seed(b, write, of)]]] : []);
  const finish = (name: Name): Name => {
    const total = sum(write, parts.get(name)!);
    return targets.has(name) ? b.rename(total, {}, as(name)) : total;
  };
  const common = {
    write,
    typeOf: b.typeOf,
    number: (value: number) => b.constant(`number ${value}`, {}, [value]),
    producerOf: (name: Name) => producers.get(name),
    isTarget: (name: Name) => targets.has(name),
  };
  const finished: { readonly op: Op; readonly gradient: Name }[] = [];
  for (const op of program.ops.toReversed()) {
    if (!parts.has(op.output)) continue;
    const readers = () => finished.filter((later) => later.op.inputs.includes(op.output));
    const step = { ...common, ...op, gradient: finish(op.output), readers };
    finished.push({ op, gradient: step.gradient });
    (RULES[op.op] as Rule<OpName>)(step).forEach((part, index) => {
      const input = op.inputs[index]!;
      if (part && active.has(input)) parts.set(input, [...(parts.get(input) ?? []), part()]);
    });
  }
  checkReached(parts, of, wrt);
  for (const { name } of [...program.inputs, ...program.weights])
    if (targets.has(name)) finish(name);
  return b.program([...new Set([...program.outputs, ...wrt.map(as)])], program.limits);
}

function checkKnown(program: Program, name: string): void {
  const leaves = [...program.inputs, ...program.weights];
  if (!leaves.some((value) => value.name === name)) producerOf(program, name);
}

/** Values on a way from `wrt` to `of`. */
function between(program: Program, b: Builder, of: Name, wrt: readonly Name[]): Set<Name> {
  const isFloat = (name: Name) => b.typeOf(name).type === "float32";
  const leading = new Set(wrt.filter(isFloat));
  for (const { inputs, output } of program.ops)
    if (isFloat(output) && inputs.some((input) => leading.has(input))) leading.add(output);
  const ancestors = ancestorsOf(program, [of]);
  return new Set([...leading].filter((name) => ancestors.has(name)));
}

function checkReached(reached: ReadonlyMap<Name, unknown>, of: Name, wrt: readonly Name[]): void {
  const lost = wrt.filter((name) => !reached.has(name));
  if (lost.length > 0)
    throw new InputError(
      "gradient",
      `the gradient of ${of} needs values that it changes with, got ${lost.join(", ")}`,
    );
}

function seed(b: Builder, write: Write, of: Name): Name {
  const one = b.constant("number 1", {}, [1]);
  return b.typeOf(of).axes.length === 0 ? one : write("stretch", [one, of], {});
}

/** Values first, then the parts that add themselves to the rest. */
function sum(write: Write, parts: readonly Part[]): Name {
  const values = parts.filter((part) => typeof part === "string");
  const rest = values.reduce<Name | null>(
    (total, value) => (total === null ? value : write("add", [total, value], {})),
    null,
  );
  return parts
    .filter((part) => typeof part !== "string")
    .reduce<Name | null>((total, part) => part(total), rest)!;
}

/** Operations under names that nothing else has. */
function writer(b: Builder, prefix: string): Write {
  let count = 0;
  return (kind, inputs, attributes) =>
    b.op(kind, inputs, attributes, `${prefix}#${count++}.${kind}`);
}
