/**
 * @file One program that runs rows forward, takes the gradient of a metric back to every head, and contracts it with what
 * a patch would change: first-order effects of all heads and all paths, reduced inside the graph.
 */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import { perQueryHead } from "../../graph/edits/perQueryHead.ts";
import { slice } from "../../graph/edits/slice.ts";
import { gradient, gradientOf } from "../../graph/gradient/gradient.ts";
import type { Program } from "../../graph/program.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import {
  type NormAnatomy,
  requirePart,
  type ProgramAnatomy,
  type Projection,
} from "../../models/anatomy/programAnatomy.ts";
import type { Model } from "../../models/family.ts";
import type { UnitName } from "../../results/causalNames.ts";
import { backThroughPassage, frozenScales, throughPassage } from "../../interventions/passages.ts";
import {
  atPositions,
  METRIC_INPUTS,
  metricValue,
  withMetrics,
} from "../../interventions/metrics.ts";
import { hookName, residBefore } from "../../models/anatomy/hookNames.ts";
import { UNITS } from "../../interventions/units.ts";
import type { AttributionPlan, HeadUnit } from "./plan.ts";

/** Routes of paths in the order in which receivers stand in a value of {@link pathsInto}. */
export const HEAD_ROUTES = ["q", "k", "v"] as const;

/** The input that takes the other run's value of a hook. */
export function sourceInput(name: string): string {
  return `source:${name}`;
}

/** [batch, head] or, for keys and values, [batch, kv_head]: change of the metric to first order. */
export function estimateOf(unit: UnitName, layer: number): string {
  return `estimate:${hookName(layer, UNITS[unit].hook)}`;
}

/** [batch, source, receiver]: heads of the layers before, then q, k and v of the heads of `layer` one after the other. */
export function pathsInto(layer: number): string {
  return `estimate:paths.${layer}`;
}

/** [batch, head]: paths of a layer's heads into the logits. */
export function pathsOut(layer: number): string {
  return `estimate:logits.${layer}`;
}

/**
 * estimate[head] = sum over positions and features of (source - base) * dM / d base, at the base run.
 *
 * A path from head s into an input of head h has, with d = (z_source - z_base) W_O of s, the estimate
 * sum of d * dM / dx through that input alone; the norm between follows d to first order. Into the logits x is the end
 * of the stream. Shared keys and values have a copy for each query head. A norm between z W_O and the stream is followed to first order too.
 *
 * @throws {InputError} "study" for paths where queries, keys or values are not a norm and a product
 */
export function attributionProgram(
  { program, architecture }: Pick<Model, "program" | "architecture">,
  { metric, units, paths }: Pick<AttributionPlan, "metric" | "units" | "paths">,
): Program {
  const { layers, heads, kvHeads, vocabulary } = architecture;
  const parts = anatomy(program, architecture);
  const each = Array.from({ length: layers }, (_, layer) => layer);
  const hooks = hooksOf(units, paths);
  const apart =
    heads === kvHeads
      ? program
      : sharedHooks(parts, hooks).reduce(
          (before, name) => perQueryHead(before, name, heads / kvHeads),
          program,
        );
  const values = each.flatMap((layer) => hooks.map((hook) => hookName(layer, hook)));
  const measured = withMetrics(apart, { vocabulary, anatomy: parts }, [metric]);
  const scales = paths ? scalesBehindHeads(parts) : []; // at all positions, as z
  const whole = slice(measured, { outputs: [metricValue(metric), ...values, ...scales] });
  const narrowed = atPositions(whole, [metric]);
  const end = residBefore(layers, layers);
  const forward = { ...narrowed, outputs: [metricValue(metric)] };
  const wrt = paths ? [...values, end] : values;
  const backward = gradient(forward, { of: metricValue(metric), wrt });
  const writing = { b: builder(backward), program: backward, parts, end, differences: new Map() };
  const estimates = each.flatMap((layer) =>
    units.map((unit) => writeEstimate(writing, unit, layer)),
  );
  const all = paths ? [...estimates, ...writePaths(writing, each)] : estimates;
  return writing.b.program([metricValue(metric), ...all], program.limits);
}

/** Keys and values that several query heads read; keys that are normalised together have no copies. */
function sharedHooks({ layers }: ProgramAnatomy, hooks: readonly string[]): string[] {
  return layers.flatMap(({ layer, attention: { keys, values } }) =>
    [...(keys.normOverHeads ? [] : [keys.hook]), values.hook].filter((name) =>
      hooks.some((hook) => hookName(layer, hook) === name),
    ),
  );
}

function scalesBehindHeads({ layers }: ProgramAnatomy): string[] {
  return layers.flatMap(({ attention }) => frozenScales(requirePart(attention.passage)));
}

function hooksOf(units: readonly HeadUnit[], paths: boolean): string[] {
  const routes = HEAD_ROUTES.map((route) => `attn.hook_${route}`);
  const more = paths ? ["attn.hook_z", ...routes] : [];
  return [...new Set([...units.map((unit) => UNITS[unit].hook), ...more])];
}

interface Writing {
  readonly b: Builder;
  /** Forward and backward pass, without what is being written. */
  readonly program: Program;
  /** Of the model before any edit. */
  readonly parts: ProgramAnatomy;
  /** The end of the residual stream. */
  readonly end: Name;
  /** source - base by hook, each written once. */
  readonly differences: Map<Name, Name>;
}

function axesOf({ b }: Writing, name: Name): string[] {
  return b.typeOf(name).axes.map((axis) => axis.name);
}

/** source - base of a hook, in the axes that the model computes: before it was copied for each query head, if it was. */
function difference({ b, program, differences }: Writing, name: Name): Name {
  const before = `${name}.before`;
  const base = program.ops.some(({ output }) => output === before) ? before : name;
  const sizes = b.typeOf(base).axes.map((axis) => [axis.name, axis.size]);
  const step =
    differences.get(name) ??
    b.op("sub", [b.input(sourceInput(name), "float32", Object.fromEntries(sizes)), base], {});
  differences.set(name, step);
  return step;
}

function writeEstimate(writing: Writing, unit: HeadUnit, layer: number): Name {
  const { b } = writing;
  const name = hookName(layer, UNITS[unit].hook);
  const changed = difference(writing, name);
  const copies = gradientOf(name);
  const slope = axesOf(writing, copies).includes("group")
    ? b.op("sum", [copies], { axes: ["group"] })
    : copies;
  const keptAxes = ["batch", "head", "kv_head"];
  const axes = axesOf(writing, changed).filter((axis) => !keptAxes.includes(axis));
  return b.op("sum", [b.mul(changed, slope)], { axes }, estimateOf(unit, layer));
}

function writePaths(writing: Writing, layers: readonly number[]): Name[] {
  const outputs = layers.slice(0, -1).map((layer) => writtenBy(writing, layer));
  const into = layers.slice(1).map((layer) => {
    const sources = outputs.slice(0, layer);
    const before =
      sources.length === 1 ? sources[0]! : writing.b.op("concat", sources, { axis: "source" });
    return writeInto(writing, layer, before);
  });
  return [...into, ...layers.map((layer) => writeOut(writing, layer))];
}

/** What each head of a layer would add to the residual stream more than it does: [batch, source, position, d_model]. */
function writtenBy(writing: Writing, layer: number): Name {
  const { b } = writing;
  const { z, projection, passage } = writing.parts.layers[layer]!.attention;
  const changed = difference(writing, z);
  const [source, output] = [changed, requirePart(projection).weight].map((name) =>
    b.rename(name, { head: "source" }),
  );
  const result = b.contract(source!, output!, ["batch", "source", "position", "d_model"]);
  const between = requirePart(passage);
  return throughPassage(b, between.norm ? alongNorm(b, result, between.norm) : result, between);
}

/**
 * What of a change of a norm's input its output follows to first order: x - n mean(n x), n the normalised input. The same of a
 * direction, since this is symmetric.
 */
function alongNorm(
  b: Builder,
  x: Name,
  { input, scale, eps, center }: NormAnatomy,
  at = (value: Name) => value,
): Name {
  const normalised = at(b.op("norm", [input, scale], { eps, center }));
  const axes = b.typeOf(x).axes.map(({ name }) => name);
  const along = b.contract(x, normalised, axes.slice(0, -1), {
    scale: 1 / Number(b.typeOf(x).axes.at(-1)!.size),
  });
  return b.op("sub", [x, b.contract(along, normalised, axes)], {});
}

/** All paths from `before` into the heads of `layer`. */
function writeInto(writing: Writing, layer: number, before: Name): Name {
  const { b } = writing;
  const { queries, keys, values } = writing.parts.layers[layer]!.attention;
  const readings = [queries, keys, values].map(({ hook, projection }) =>
    writeReading(writing, hook, requirePart(projection)),
  );
  const slopes = b.op("concat", readings, { axis: "receiver" });
  const { norm } = requirePart(queries.projection);
  const axes = ["batch", "source", "receiver"];
  if (!norm) return b.contract(before, slopes, axes, { as: pathsInto(layer) });
  const { input, scale, eps, center } = norm;
  const moved = center
    ? b.op("sub", [before, b.op("mean", [before], { axes: ["d_model"] })], {})
    : before;
  // d (x / scale) = (dx - n mean(n dx)) / scale, n the normalised stream; the division is in the slopes.
  const normalised = b.op("norm", [input, scale], { eps, center });
  const along = (x: Name, axis: string) => b.contract(x, normalised, ["batch", axis, "position"]);
  const lost = b.contract(along(moved, "source"), along(slopes, "receiver"), axes, {
    scale: 1 / Number(b.typeOf(before).axes.at(-1)!.size),
  });
  return b.op("sub", [b.contract(moved, slopes, axes), lost], {}, pathsInto(layer));
}

/** dM / dx through one input of each head, the norm's scale held: [batch, receiver, position, d_model]. */
function writeReading(writing: Writing, hook: string, { weight, norm }: Projection): Name {
  const { b } = writing;
  const slope = gradientOf(hook);
  const heads = axesOf(writing, slope).filter((axis) => /^(head|kv_head|group)$/.test(axis));
  const receiversOfSlope = b.contract(slope, weight, ["batch", ...heads, "position", "d_model"]);
  const receivers = b.op("mergeAxes", [receiversOfSlope], { axes: heads, into: "receiver" });
  if (!norm) return receivers;
  const { gain, scale } = norm;
  return gain === null
    ? b.op("div", [receivers, scale], {})
    : b.mul(receivers, b.op("div", [gain, scale], {}));
}

/** Paths into the logits, read at the metric's positions. */
function writeOut(writing: Writing, layer: number): Name {
  const { b, end } = writing;
  const { z, projection, passage } = writing.parts.layers[layer]!.attention;
  const at = (value: Name) => b.op("take", [value, METRIC_INPUTS.positions], { axis: "position" });
  const there = at(difference(writing, z));
  const between = requirePart(passage);
  const back = backThroughPassage(b, gradientOf(end), between, at);
  const direction = between.norm ? alongNorm(b, back, between.norm, at) : back;
  const slope = b.contract(direction, requirePart(projection).weight, axesOf(writing, there));
  return b.op("sum", [b.mul(there, slope)], { axes: ["position", "d_head"] }, pathsOut(layer));
}
