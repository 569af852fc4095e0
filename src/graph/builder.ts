/** @file Writes a Program line by line: each call adds one operation, checks its shapes at once and returns the value's name. */
import type { StoredTensor } from "../base/bytes.ts";
import { inferType, type Op, type OpAttributes, type OpName } from "./ops.ts";
import {
  typesOf,
  type Constant,
  type Program,
  type ProgramInput,
  type Selection,
  type Weight,
} from "./program.ts";
import type { Axis, NumberType, ValueType } from "./axes.ts";

/** The name of a value: what the builder's calls take and give. */
export type Name = string;

/** Sizes of axes by name; a string is a symbol. Order counts. */
export type Axes = Readonly<Record<string, number | string>>;

export type Builder = ReturnType<typeof builder>;

/** A weight as a family declares it: our name, its axes in the stored order, and which part of it is meant. */
export interface WeightSpec {
  readonly name: Name;
  readonly axes: Axes;
  readonly stored: StoredTensor;
  readonly select?: readonly Selection[];
  /** Neighbouring axes that are one from then on, by its name. */
  readonly merge?: Readonly<Record<string, readonly string[]>>;
}

/** `{batch: "batch", d_model: 32}` as a list of axes. */
export function axesOf(axes: Axes): Axis[] {
  return Object.entries(axes).map(([name, size]) => ({ name, size }));
}

/** @param from a program to add operations to; it stays as it is */
export function builder(from?: Program) {
  const draft = draftOf(from);
  const { inputs, weights, constants, ops, op, typeOf } = draft;
  const program = (
    outputs: readonly Name[],
    limits: Readonly<Record<string, number>> = {},
  ): Program => ({
    inputs,
    weights,
    constants,
    ops,
    outputs,
    limits,
    ...(from?.absent && { absent: from.absent }),
  });
  return { op, typeOf, ...declarations(draft), ...shorthands(op), program };
}

type Draft = ReturnType<typeof draftOf>;

/** What there is so far, and the one way to add an operation. */
function draftOf(from?: Program) {
  const inputs: ProgramInput[] = [...(from?.inputs ?? [])];
  const weights: Weight[] = [...(from?.weights ?? [])];
  const constants: Constant[] = [...(from?.constants ?? [])];
  const ops: Op[] = [...(from?.ops ?? [])];
  const types = from ? typesOf(from) : new Map<Name, ValueType>();
  const define = (name: Name, type: ValueType): Name => {
    if (types.has(name)) throw new Error(`internal: value ${name} is made twice`);
    types.set(name, type);
    return name;
  };
  const typeOf = (name: Name): ValueType => {
    const type = types.get(name);
    if (!type) throw new Error(`internal: no value ${name} yet`);
    return type;
  };
  const op = <Kind extends OpName>(
    kind: Kind,
    from: readonly Name[],
    attributes: OpAttributes[Kind],
    as: Name = unusedName(kind, ops.length, types),
  ): Name => {
    const draft = { op: kind, inputs: from, output: as, attributes } as unknown as Op;
    define(as, inferType(draft, from.map(typeOf)));
    ops.push(draft);
    return as;
  };
  return { inputs, weights, constants, ops, types, define, typeOf, op };
}

/** Values that no operation makes. */
function declarations({ inputs, weights, constants, types, define }: Draft) {
  return {
    input(
      name: Name,
      type: NumberType,
      axes: Axes,
      more: Omit<ProgramInput, keyof ValueType | "name"> = {},
    ): Name {
      inputs.push({ name, type, axes: axesOf(axes), ...more });
      return define(name, inputs.at(-1)!);
    },
    weight({ name, axes, stored, select, merge = {} }: WeightSpec): Name {
      const layout = axesOf(axes);
      const selectedLayout = (select ?? []).reduce(selectedAxes, layout);
      const part = select && { select };
      const merged = Object.entries(merge).reduce(mergedAxes, selectedLayout);
      weights.push({ name, type: "float32", axes: merged, stored, layout, ...part });
      return define(name, weights.at(-1)!);
    },
    constant(name: Name, axes: Axes, data: readonly number[], type: NumberType = "float32"): Name {
      if (types.has(name)) return name;
      constants.push({ name, type, axes: axesOf(axes), data });
      return define(name, constants.at(-1)!);
    },
  };
}

/** The axes that a selection leaves. */
export function selectedAxes(axes: readonly Axis[], selection: Selection): Axis[] {
  return axes.flatMap((axis) => {
    if (axis.name !== selection.axis) return [axis];
    return "index" in selection ? [] : [{ ...axis, size: selection.length }];
  });
}

function mergedAxes(
  axes: readonly Axis[],
  [into, parts]: readonly [string, readonly string[]],
): Axis[] {
  const first = axes.findIndex(({ name }) => name === parts[0]);
  const merged = axes.slice(first, first + parts.length);
  if (first < 0 || merged.some(({ name }, index) => name !== parts[index]))
    throw new Error(`internal: a weight has no neighbours ${parts.join(", ")}`);
  const size = merged.reduce((product, axis) => product * Number(axis.size), 1);
  return [...axes.slice(0, first), { name: into, size }, ...axes.slice(first + parts.length)];
}

/** The operations that families use most, in fewer words. */
function shorthands(op: Draft["op"]) {
  return {
    contract: (
      a: Name,
      b: Name,
      axes: readonly string[],
      { scale, bias, as }: { scale?: number; bias?: Name | null; as?: Name | undefined } = {},
    ) =>
      op(
        "contract",
        bias ? [a, b, bias] : [a, b],
        { axes, ...(scale !== undefined && { scale }) },
        as,
      ),
    gather: (table: Name, ids: Name, as?: Name) => op("gather", [table, ids], {}, as),
    add: (a: Name, b: Name, as?: Name) => op("add", [a, b], {}, as),
    mul: (a: Name, b: Name, as?: Name) => op("mul", [a, b], {}, as),
    rename: (x: Name, names: Readonly<Record<string, string>>, as?: Name) =>
      op("rename", [x], { names }, as),
  };
}

/** `kind.count`, or the next count that is free: a program that operations were cut out of has higher names already. */
function unusedName(kind: OpName, count: number, types: ReadonlyMap<Name, ValueType>): Name {
  return types.has(`${kind}.${count}`) ? unusedName(kind, count + 1, types) : `${kind}.${count}`;
}
