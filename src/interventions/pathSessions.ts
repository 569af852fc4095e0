/** @file Small sessions beside a chain: what heads add to the residual stream, and what receivers make of a changed one. */
import type { Backend } from "../base/backend.ts";
import { builder } from "../graph/builder.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Program } from "../graph/program.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { hookName, residBefore } from "../models/anatomy/hookNames.ts";
import {
  requirePart,
  type Passage,
  type ProgramAnatomy,
} from "../models/anatomy/programAnatomy.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import type { MetricName, PathRoute } from "../results/causalNames.ts";
import { prepare, type Session } from "../runtime/prepare.ts";
import type { Chain } from "./chain.ts";
import { metricTail } from "./metrics.ts";
import { frozenScales, headResult, headWrites } from "./passages.ts";
import type { PathPlan } from "./pathPlan.ts";

/** A route into heads. */
export type HeadRoute = Exclude<PathRoute, "logits">;
export type NormOfPath = PathPlan["norm"];

/** Each is opened when it is first asked for; heads of a layer share it. */
export interface PathSessions {
  /** From the last point of the chain to the end of the residual stream. */
  endOfStream(): Promise<Session>;
  /** From the end of the stream to the frozen scale of the final norm; null where none is frozen. */
  endScale(norm: NormOfPath): Promise<Session | null>;
  /** From the end of the stream, and the frozen scale, to a metric. */
  metric(metric: MetricName, norm: NormOfPath): Promise<Session>;
  /**
   * hook_z (and the scales below) -> `attn.written`: what each head adds to the stream, or, where `passage` is a session, to
   * what the norm behind attention reads.
   */
  writeSession(layer: number, norm: NormOfPath): Promise<Session>;
  /** hook_z -> scales between the heads' outputs and the stream that are frozen; null where none is. */
  writtenScales(layer: number, norm: NormOfPath): Promise<Session | null>;
  /** hook_z -> what the norm behind attention reads; null where none is, or its scale is frozen. */
  beforePassage(layer: number, norm: NormOfPath): Promise<Session | null>;
  /** What that norm reads -> what is added to the stream. */
  passage(layer: number, norm: NormOfPath): Promise<Session | null>;
  /** hook_resid_pre (and the frozen scale) -> hook_q, hook_k or hook_v. */
  read(layer: number, route: HeadRoute, norm: NormOfPath): Promise<Session>;
  /** hook_resid_pre -> the scale that is frozen; null where none is. */
  readScale(layer: number, norm: NormOfPath): Promise<Session | null>;
  close(): Promise<void>;
}

/** What `written` gives. */
export function writtenName(layer: number): string {
  return hookName(layer, "attn.written");
}

/** The hook that a route changes. */
export function routeHook(layer: number, route: HeadRoute): string {
  return hookName(layer, `attn.hook_${route}`);
}

/** @param length tokens in a row */
export function pathSessions(
  model: LoadedModel,
  backend: Backend,
  chain: Chain,
  length: number,
): PathSessions {
  const { program, architecture } = model;
  const parts = anatomy(program, architecture);
  const { open, close } = openedOnce(backend, { batch: chain.rows, position: length });
  const part = (outputs: readonly string[], from: readonly string[]) =>
    open(`${outputs.join()} from ${from.join()}`, () => slice(program, { outputs, from }));
  const scalePart = async (scales: readonly string[], from: string) =>
    scales.length === 0 ? null : part(scales, [from]);
  const stream = residBefore(architecture.layers, architecture.layers);
  const resid = (layer: number) => hookName(layer, "hook_resid_pre");
  return {
    endOfStream: () => part([stream], chain.points.at(-1)!.needs),
    endScale: (norm) => scalePart(endScales(parts, norm), stream),
    metric: (metric, norm) =>
      open(`${metric} ${norm}`, () =>
        metricTail(model, { metrics: [metric], from: [stream, ...endScales(parts, norm)] }),
      ),
    writeSession: (layer, norm) =>
      open(`written ${layer} ${norm}`, () => writtenProgram(program, parts, layer, norm)),
    writtenScales: (layer, norm) =>
      scalePart(writtenScales(parts, layer, norm), parts.layers[layer]!.attention.z),
    async beforePassage(layer, norm) {
      const between = recomputedPassage(parts, layer, norm);
      return between && part([between.norm!.input], [parts.layers[layer]!.attention.z]);
    },
    async passage(layer, norm) {
      const between = recomputedPassage(parts, layer, norm);
      return between && part([between.added], [between.norm!.input]);
    },
    read: (layer, route, norm) =>
      part([routeHook(layer, route)], [resid(layer), ...readScales(parts, layer, norm)]),
    readScale: (layer, norm) => scalePart(readScales(parts, layer, norm), resid(layer)),
    close,
  };
}

/** Sessions by what they compute. */
function openedOnce(backend: Backend, sizes: Readonly<Record<string, number>>) {
  const sessions = new Map<string, Promise<Session>>();
  return {
    open: (key: string, programOf: () => Program): Promise<Session> => {
      const session = sessions.get(key) ?? prepare(programOf(), backend, sizes);
      sessions.set(key, session);
      return session;
    },
    async close() {
      for (const session of await Promise.allSettled(sessions.values()))
        if (session.status === "fulfilled") await session.value.close();
    },
  };
}

function writtenProgram(
  program: Program,
  parts: ProgramAnatomy,
  layer: number,
  norm: NormOfPath,
): Program {
  const b = builder(program);
  const { attention } = parts.layers[layer]!;
  const whole = recomputedPassage(parts, layer, norm) === null;
  const value = whole ? headWrites(b, parts.layers[layer]!) : headResult(attention.z);
  const outputs = [b.rename(value, {}, writtenName(layer))];
  const from = [attention.z, ...writtenScales(parts, layer, norm)];
  return slice(b.program(outputs, program.limits), { outputs, from });
}

/** The passage whose norm sees an exchanged head, and divides by another scale; null where there is no such norm. */
function recomputedPassage(
  { layers }: ProgramAnatomy,
  layer: number,
  norm: NormOfPath,
): Passage | null {
  const passage = requirePart(layers[layer]!.attention.passage);
  return norm === "recomputed" && passage.norm ? passage : null;
}

function writtenScales(parts: ProgramAnatomy, layer: number, norm: NormOfPath): string[] {
  if (recomputedPassage(parts, layer, norm)) return [];
  return frozenScales(requirePart(parts.layers[layer]!.attention.passage));
}

function readScales({ layers }: ProgramAnatomy, layer: number, norm: NormOfPath): string[] {
  const read = norm === "frozen" ? layers[layer]!.attention.norm : null;
  return read ? [read.scale] : [];
}

function endScales({ end }: ProgramAnatomy, norm: NormOfPath): string[] {
  const last = norm === "frozen" ? requirePart(end).norm : null;
  return last ? [last.scale] : [];
}
