/** @file A Program as one ONNX graph: operation by operation, then without the nodes that no output needs. */
import type { Op } from "../ops.ts";
import { prune, typesOf, type Constant, type Program } from "../program.ts";
import type { ValueType } from "../axes.ts";
import { emitter, type Emitter, type Handle, type Products } from "./emitter.ts";
import { lowerNorm, type Surroundings } from "./lowerNorm.ts";
import { LOWERINGS } from "./lowerOps.ts";
import type { HalfWeight, OnnxGraph, OnnxNode } from "./model.ts";
import { weightHandle } from "./shapes.ts";

export interface LowerOptions {
  /** Use FusedMatMul, which the processor's engines have and WebGPU's lacks. */
  readonly fusedMatMul?: boolean | undefined;
  /**
   * Take the scale of an RMS norm from its fused kernel, as the processor's engines give it. WebGPU's kernel writes the mean in its place
   * (ONNX Runtime 1.30).
   */
  readonly rmsScale?: boolean | undefined;
  /** Multiply weights that are stored in blocks without decoding them, as the processor's engines can. */
  readonly matMulNBits?: boolean | undefined;
  /** What weights, and what is multiplied with them, are rounded to: faster, and not the same numbers. Left out: nothing. */
  readonly products?: Products | undefined;
  /** Weights by name that are float16 between runs, and float32 within: half the memory, the same numbers. */
  readonly halves?: ReadonlyMap<string, HalfWeight> | undefined;
}

/** The ONNX graph of what the outputs of `program` need; initializers still say where their bytes lie. */
export function lower(
  program: Program,
  {
    fusedMatMul = true,
    matMulNBits = true,
    rmsScale = true,
    products = "float32",
    halves = new Map(),
  }: LowerOptions = {},
): OnnxGraph {
  const pruned = prune(program);
  const types = typesOf(pruned);
  const producers = new Map(pruned.ops.map((op) => [op.output, op]));
  const readers = readersOf(pruned.ops);
  const emit = emitter(symbolsOf(pruned), { fusedMatMul, matMulNBits, rmsScale, products, halves });
  const handles = new Map<string, Handle>();
  for (const input of pruned.inputs)
    handles.set(input.name, { tensor: input.name, type: input.type, axes: input.axes });
  for (const weight of pruned.weights) handles.set(weight.name, weightHandle(emit, weight));
  for (const constant of pruned.constants)
    handles.set(constant.name, lowerConstant(emit, constant));
  for (const op of pruned.ops) {
    const inputs = op.inputs.map((name) => handles.get(name)!);
    const type = types.get(op.output)!;
    handles.set(op.output, {
      tensor: lowerOp(emit, op, inputs, type, { producers, readers, handles }),
      ...type,
    });
  }
  for (const name of pruned.outputs)
    emit.node("Identity", [handles.get(name)!.tensor], {}, `out:${name}`);
  return withoutDead({
    inputs: pruned.inputs,
    outputs: pruned.outputs.map((name) => ({ name: `out:${name}`, ...types.get(name)! })),
    nodes: weightsFirst(emit),
    initializers: [...emit.initializers.values()],
    values: [...emit.values.values()],
  });
}

function lowerOp(
  emit: Emitter,
  op: Op,
  inputs: readonly Handle[],
  type: ValueType,
  around: Surroundings,
): string {
  if (op.op === "norm" || op.op === "gain" || op.op === "scale") {
    return lowerNorm(emit, op, inputs, around);
  }
  const lowering = LOWERINGS[op.op] as (...args: unknown[]) => string;
  return lowering(emit, inputs, op.attributes, type);
}

function readersOf(ops: readonly Op[]): Map<string, Op[]> {
  const readers = new Map<string, Op[]>();
  for (const op of ops)
    for (const name of op.inputs) readers.set(name, [...(readers.get(name) ?? []), op]);
  return readers;
}

function lowerConstant(emit: Emitter, { type, axes, data }: Constant): Handle {
  const values = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type].from(data);
  const dims = axes.map(({ size }) => Number(size));
  return { tensor: emit.constant(type, dims, new Uint8Array(values.buffer)), type, axes };
}

function symbolsOf(program: Program): Map<string, { input: string; axis: number }> {
  const symbols = new Map<string, { input: string; axis: number }>();
  for (const { name, axes } of program.inputs) {
    axes.forEach(({ size }, axis) => {
      if (typeof size === "string" && !symbols.has(size)) symbols.set(size, { input: name, axis });
    });
  }
  return symbols;
}

/**
 * An engine walks from the outputs backwards and takes a node's later inputs first, unless earlier ones are listed later. So what
 * makes float32 of a weight, which waits for nothing, is listed before all else: then it runs just before the product that reads it.
 * Otherwise all would run first, and be there together.
 */
function weightsFirst({ nodes, initializers, has }: Emitter): readonly OnnxNode[] {
  if (has.halves.size === 0) return nodes;
  const ready = new Set(["", ...initializers.keys()]);
  const [first, others]: [OnnxNode[], OnnxNode[]] = [[], []];
  for (const node of nodes) {
    const isFirst = node.inputs.every((name) => ready.has(name));
    (isFirst ? first : others).push(node);
    if (isFirst) for (const name of node.outputs) ready.add(name);
  }
  return [...first, ...others];
}

/** Nodes and initializers that lead to an output, in the same order. */
function withoutDead(graph: OnnxGraph): OnnxGraph {
  const live = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((name) => live.has(name)))
      for (const input of node.inputs) live.add(input);
  }
  return {
    ...graph,
    nodes: graph.nodes
      .filter((node) => node.outputs.some((name) => live.has(name)))
      .map((node) => ({ ...node, outputs: upToLastLive(node.outputs, live) })),
    initializers: graph.initializers.filter(({ name }) => live.has(name)),
    values: (graph.values ?? []).filter(({ name }) => live.has(name)),
  };
}

/** Optional outputs that nobody reads are not asked for. */
function upToLastLive(outputs: readonly string[], live: ReadonlySet<string>): readonly string[] {
  const last = outputs.findLastIndex((name) => live.has(name));
  return outputs.slice(0, last + 1);
}
