/** @file What the gradient of an operation is written with. */
import type { Name } from "../builder.ts";
import type { Op, OpAttributes, OpName } from "../ops.ts";
import type { ValueType } from "../axes.ts";

/**
 * What an operation adds to the gradient of one of its inputs: a value with exactly the input's axes, or, where adding
 * to what is there already is cheaper than a sum of two, a function of the rest (null if there is none yet).
 */
export type Part = Name | ((rest: Name | null) => Name);

/** Writes one operation and returns the name of the value it makes. */
export type Write = <Kind extends OpName>(
  kind: Kind,
  inputs: readonly Name[],
  attributes: OpAttributes[Kind],
) => Name;

/** An operation of the forward pass on the way back, and what its gradient is written with. */
export interface Way {
  readonly inputs: readonly Name[];
  readonly output: Name;
  /** The gradient of what the operation makes, with the same axes. */
  readonly gradient: Name;
  readonly write: Write;
  readonly typeOf: (name: Name) => ValueType;
  /** A number without axes. */
  readonly number: (value: number) => Name;
  /** The operation that makes a value, if one does. */
  readonly producerOf: (name: Name) => Op | undefined;
  /** The operations through which `output` got its gradient, each with the gradient of what it makes. */
  readonly readers: () => readonly { readonly op: Op; readonly gradient: Name }[];
  /** Whether the caller wants the gradient of this very value. */
  readonly isTarget: (name: Name) => boolean;
}

export interface Step<Kind extends OpName> extends Way {
  readonly attributes: OpAttributes[Kind];
}

/**
 * The gradient of an operation: for each input, how to write its part; it is called only for those that need one.
 * null: nothing can flow back (token ids, switches), or another input's part has it all.
 */
export type Rule<Kind extends OpName> = (step: Step<Kind>) => readonly ((() => Part) | null)[];
