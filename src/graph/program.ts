/**
 * @file A model as data: named values, each made by one operation, in order.
 *
 * Nothing else in the project runs a model; edits (graph/edits) take a Program and return a new one, `runtime` lowers
 * and executes it. Every axis has a name; `batch` and `position` have symbolic sizes, so one Program serves any length.
 */
import { InputError } from "../base/errors.ts";
import type { StoredTensor } from "../base/bytes.ts";
import type { Axis, ValueType } from "./axes.ts";
import { inferType, type Op } from "./ops.ts";
import type { RotaryTable } from "./rotaryTable.ts";

/** How a run fills an input that nobody feeds, from the sizes of the inputs that somebody did. */
export type Fill =
  | { readonly kind: "constant"; readonly value: number }
  /**
   * 0 where the key may be seen, minus infinity where not: keys after the query, `window` or more before it, or in another of
   * the parts of `chunk` tokens that positions are cut into.
   */
  | { readonly kind: "causalMask"; readonly window: number | null; readonly chunk?: number }
  /** The same for each head [head, query, key], with slope (key - query) in place of 0: attention with linear biases. */
  | {
      readonly kind: "alibiMask";
      readonly window: number | null;
      readonly slopes: readonly number[];
      /** Slopes, and slope x position, are rounded to bfloat16, and their differences multiplied by this. */
      readonly rounded?: number;
    }
  /** 0 where the key is at most `reach` places before or after the query, minus infinity elsewhere. */
  | { readonly kind: "bandMask"; readonly reach: number }
  /** T5's bucket of the distance key - query: half of the buckets for keys after the query with `bothWays`, else none. */
  | {
      readonly kind: "relativeBuckets";
      readonly buckets: number;
      readonly maxDistance: number;
      readonly bothWays: boolean;
    }
  /** [position, d]: sin(position 10000^(-2i / d)) in the first half, cos in the second. */
  | { readonly kind: "sinusoids" }
  /** factor x cos or sin of position x frequency, axes [position, frequency]; frequencies may depend on how many positions a run has. */
  | ({ readonly kind: "rotary"; readonly part: "cos" | "sin" } & RotaryTable)
  /** [position]: 1 + scale ln(1 + floor((position + 1) / floor)). */
  | {
      readonly kind: "temperature";
      readonly first: number;
      readonly floor: number;
      readonly scale: number;
    }
  /** 0, 1, 2, ... along the last axis. */
  | { readonly kind: "count" }
  /** [query, key]: 1 where the key comes before the query, else 0. */
  | { readonly kind: "earlier" }
  /** [batch, position]: 1 at the first position that has this id, or the row's largest, in the input `of`, or at the last; else 0. */
  | { readonly kind: "markOf"; readonly of: string; readonly at: "largest" | "last" | number }
  /** [batch, position, patch]: 1 where the position is the patch-th of its row with this id in the input `of`; else 0. */
  | { readonly kind: "placeholdersOf"; readonly of: string; readonly id: number }
  /** [from, to]: 1 where from = max(0, to - 1), else 0. */
  | { readonly kind: "previous" };

/** A value that comes from outside at every run. */
export interface ProgramInput extends ValueType {
  readonly name: string;
  readonly fill?: Fill | undefined;
  /** Integers must lie in [0, below): checked before every run, because no backend can be trusted to. */
  readonly below?: number | undefined;
  /** An integer that may not be there, and why. */
  readonly refused?: { readonly id: number; readonly why: string } | undefined;
}

/** A part of an axis: one entry, and then the axis is gone, or `length` entries from `start` on. */
export type Selection =
  | { readonly axis: string; readonly index: number }
  | { readonly axis: string; readonly start: number; readonly length: number };

/** A value of the checkpoint. */
export interface Weight extends ValueType {
  readonly name: string;
  readonly stored: StoredTensor;
  /** Axes of the stored bytes in order, selected ones included; a reading of the same bytes, never a copy. */
  readonly layout: readonly Axis[];
  /** The parts of the layout that are meant, as the queries of a fused query-key-value matrix. */
  readonly select?: readonly Selection[];
  /** Multiplied for few rows only (`narrow`): the engine need not repack it for speed. */
  readonly rare?: boolean | undefined;
}

/** Small numbers that are part of the Program itself. */
export interface Constant extends ValueType {
  readonly name: string;
  readonly data: readonly number[];
}

export interface Program {
  readonly inputs: readonly ProgramInput[];
  readonly weights: readonly Weight[];
  readonly constants: readonly Constant[];
  /** In an order in which every operation follows those that make its inputs. */
  readonly ops: readonly Op[];
  /** Names of the values that a run returns. */
  readonly outputs: readonly string[];
  /** Largest sizes of symbols, such as the context length for "position". */
  readonly limits: Readonly<Record<string, number>>;
  /** Values that such programs have and this one cannot, by name, each with the reason, as a sentence. */
  readonly absent?: Readonly<Record<string, string>>;
}

/** The type of every value of `program` by name, inferred operation by operation: this is the shape check. */
export function typesOf(program: Program): Map<string, ValueType> {
  const types = new Map<string, ValueType>();
  const define = (name: string, type: ValueType) => {
    if (types.has(name)) throw new Error(`internal: value ${name} is made twice`);
    types.set(name, type);
  };
  for (const value of [...program.inputs, ...program.weights, ...program.constants]) {
    define(value.name, value);
  }
  for (const op of program.ops) {
    const inputs = op.inputs.map((name) => {
      const type = types.get(name);
      if (!type)
        throw new Error(`internal: ${op.output} needs ${name}, which nothing before it makes`);
      return type;
    });
    define(op.output, inferType(op, inputs));
  }
  return types;
}

/**
 * The operation that makes the value `name`.
 *
 * @throws {InputError} "unknown-value" if no operation does: why the program cannot have it, else near names
 */
export function producerOf(program: Program, name: string): Op {
  const producer = program.ops.find((op) => op.output === name);
  if (producer) return producer;
  const reason = program.absent?.[name];
  if (reason !== undefined) throw new InputError("unknown-value", reason);
  const near = program.ops.map((op) => op.output).filter((output) => alike(output, name));
  throw new InputError(
    "unknown-value",
    `the program has no value named ${name}${near.length ? `; near: ${near.slice(0, 5).join(", ")}` : ""}`,
  );
}

/** Same last part, or same first parts: enough to suggest a hook of another layer or another hook of this one. */
function alike(value: string, target: string): boolean {
  const last = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  return (
    last(value) === last(target) ||
    value.startsWith(target.slice(0, target.lastIndexOf(".") + 1) || " ")
  );
}

/**
 * Only what the outputs need: unused operations, inputs, weights and constants are dropped. An input whose numbers follow from those of
 * another one needs that too, whoever else reads it.
 */
export function prune(program: Program): Program {
  const ancestors = ancestorsOf(program, program.outputs);
  for (const { name, fill } of program.inputs)
    if (ancestors.has(name) && fill && "of" in fill) ancestors.add(fill.of);
  return {
    ...program,
    inputs: program.inputs.filter(({ name }) => ancestors.has(name)),
    weights: program.weights.filter(({ name }) => ancestors.has(name)),
    constants: program.constants.filter(({ name }) => ancestors.has(name)),
    ops: program.ops.filter(({ output }) => ancestors.has(output)),
  };
}

/** Names of all values that `names` are computed from, themselves included. */
export function ancestorsOf(program: Program, names: readonly string[]): Set<string> {
  const ancestors = new Set(names);
  for (const op of program.ops.toReversed()) {
    if (ancestors.has(op.output)) for (const input of op.inputs) ancestors.add(input);
  }
  return ancestors;
}
