/**
 * @file Where a forward pass can be cut: a point is a hook such as `blocks.3.attn.hook_z`, and what has to be known
 * there to go on. Between two points lies a stage; every weight belongs to one stage, so cutting costs no memory.
 */
import { InputError } from "../base/errors.ts";
import { slice } from "../graph/edits/slice.ts";
import { ancestorsOf, type Program } from "../graph/program.ts";
import { hookName, residBefore } from "../models/anatomy/hookNames.ts";

/** A point, and the values that everything after it is computed from. */
export interface Point {
  /** The first of the hooks that this point is named after. */
  readonly name: string;
  readonly layer: number;
  /** The hooks' values, those that are read, and what lies beside them: values that they do not lead to. */
  readonly needs: readonly string[];
}

/** Hooks of one point, as `["attn.hook_q", "attn.hook_k", "attn.hook_v"]`. */
export type PointHooks = readonly [string, ...string[]];

/** Operations from one point to the next: what they read and what they make. */
export interface Stage {
  readonly program: Program;
  readonly reads: readonly string[];
}

/**
 * The points of every layer at `hooks`, whose groups come in the order in which a layer computes them.
 *
 * @param watchedHooks hooks that are there to be looked at, and that nothing reads: a change there changes nothing
 * @throws {InputError} "unit" for a hook that the model's layers do not have, as `hook_resid_mid` where attention and MLP
 *   stand side by side
 */
export function pointsOf(
  program: Program,
  layers: number,
  hooks: readonly PointHooks[],
  watchedHooks: readonly string[] = [],
): Point[] {
  return Array.from({ length: layers }, (_, layer) => {
    const next = residBefore(layer + 1, layers);
    const hookNames = watchedHooks.map((hook) => hookName(layer, hook));
    const onward = ancestorsOf(program, [next]);
    const read = ancestorsOf(program, [next, ...hookNames]);
    const outputs = program.ops
      .map(({ output }) => output)
      .filter(
        (name) => name.startsWith(`blocks.${layer}.`) && /\.hook_\w+$/.test(name) && read.has(name),
      );
    const above = new Map(outputs.map((name) => [name, ancestorsOf(program, [name])]));
    return hooks.map((group) => {
      const names = group.map((hook) => hookName(layer, hook));
      const missing = names.find((name) => !above.has(name));
      if (missing !== undefined)
        throw new InputError("unit", `the model has no value ${missing} to cut or change at`);
      const leadsTo = (other: string) => names.some((name) => above.get(other)!.has(name));
      const reachable = outputs.filter((other) => names.includes(other) || !leadsTo(other));
      const rest = slice(program, {
        outputs: [next],
        from: reachable.filter((name) => name !== next && onward.has(name)),
      });
      const needs = rest.inputs.map((input) => input.name).filter((name) => above.has(name));
      const unread = names.filter((name) => hookNames.includes(name) && !needs.includes(name));
      return { name: names[0]!, layer, needs: [...needs, ...unread] };
    });
  }).flat();
}

/** What is computed between `from` and values `to`, which may lie in the same layer or begin the next. */
export function stageOf(program: Program, from: Point, to: readonly string[]): Stage {
  const outputs = to.filter((name) => !from.needs.includes(name));
  const read = ancestorsOf(program, outputs);
  const names = from.needs.filter((name) => read.has(name));
  return withReads(slice(program, { outputs, from: names }), names);
}

/** A stage program, with those of `names` that it reads. */
export function withReads(program: Program, names: readonly string[]): Stage {
  const inputs = new Set(program.inputs.map(({ name }) => name));
  return { program, reads: names.filter((name) => inputs.has(name)) };
}
