/** @file Small sessions beside the chain: what heads add to the residual stream, and what receivers make of a changed one. */
import { slice } from "../graph/edits/slice.ts";
import type { Program } from "../graph/program.ts";
import type { LoadedModel } from "../models/loaded.ts";
import type { MetricName, PathRoute } from "../results/causalNames.ts";
import type { Backend } from "../base/backend.ts";
import { prepare, type Session } from "../runtime/prepare.ts";
import type { Chain } from "./chain.ts";
import { metricTail } from "./metrics.ts";
import type { PathPlan } from "./pathPlan.ts";
import { hookName, residBefore } from "./points.ts";

export interface PathParts {
  /** By source layer: hook_z -> hook_result, what each head writes. */
  readonly written: ReadonlyMap<number, Session>;
  /** By receiver layer: hook_resid_pre (and the frozen scale) -> hook_q, hook_k or hook_v. */
  readonly read: ReadonlyMap<number, Session>;
  /** By receiver layer: hook_resid_pre -> the scale that is frozen; empty if none is. */
  readonly scale: ReadonlyMap<number, Session>;
  /** From the last point to the end of the residual stream, and from there to the metric; null but for the logits. */
  readonly end: {
    readonly stream: Session;
    readonly scale: Session | null;
    readonly metric: Session;
  } | null;
  close(): Promise<void>;
}

/** The hook that a route changes. */
export function routeHook(route: Exclude<PathRoute, "logits">): string {
  return `attn.hook_${route}`;
}

/** Opens what a plan needs; a layer's sessions are shared by all its heads. */
export async function openPathParts(
  model: LoadedModel,
  backend: Backend,
  chain: Chain,
  plan: PathPlan,
  length: number,
): Promise<PathParts> {
  const opened: Session[] = [];
  const open = async (program: Program) => {
    const made = await prepare(program, backend, { batch: chain.rows, position: length });
    opened.push(made);
    return made;
  };
  try {
    return {
      written: await byLayer(open, plan.sources.flat(), (layer) =>
        slice(model.program, {
          outputs: [hookName(layer, "attn.hook_result")],
          from: [hookName(layer, "attn.hook_z")],
        }),
      ),
      ...(await receiverParts(model.program, plan, open)),
      end: plan.route === "logits" ? await endParts(model, chain, plan, open) : null,
      close: () => closeAll(opened),
    };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

type Open = (program: Program) => Promise<Session>;

async function byLayer(
  open: Open,
  heads: readonly { readonly layer: number }[],
  programOf: (layer: number) => Program,
): Promise<Map<number, Session>> {
  const sessions = new Map<number, Session>();
  for (const layer of new Set(heads.map((one) => one.layer)))
    sessions.set(layer, await open(programOf(layer)));
  return sessions;
}

/** The scale of the norm `at` if it is to be frozen and the model has that norm. */
function frozenScale(program: Program, { norm }: PathPlan, at: string): string[] {
  const scale = `${at}.hook_scale`;
  return norm === "frozen" && program.ops.some(({ output }) => output === scale) ? [scale] : [];
}

async function receiverParts(
  program: Program,
  plan: PathPlan,
  open: Open,
): Promise<Pick<PathParts, "read" | "scale">> {
  const resid = (layer: number) => hookName(layer, "hook_resid_pre");
  const scaleOf = (layer: number) => frozenScale(program, plan, hookName(layer, "ln1"));
  const { receivers, route } = plan;
  const read = await byLayer(open, receivers, (layer) =>
    slice(program, {
      outputs: [hookName(layer, routeHook(route as "q"))], // without receivers there is no other route
      from: [resid(layer), ...scaleOf(layer)],
    }),
  );
  const frozen = receivers.filter(({ layer }) => scaleOf(layer).length > 0);
  const scale = await byLayer(open, frozen, (layer) =>
    slice(program, { outputs: scaleOf(layer), from: [resid(layer)] }),
  );
  return { read, scale };
}

async function endParts(
  { program, architecture }: LoadedModel,
  chain: Chain,
  plan: PathPlan,
  open: Open,
): Promise<PathParts["end"]> {
  const last = residBefore(architecture.layers, architecture.layers);
  const scale = frozenScale(program, plan, "ln_final");
  const metrics = [plan.metric as MetricName]; // planOf refuses attention scores here
  return {
    stream: await open(slice(program, { outputs: [last], from: chain.points.at(-1)!.needs })),
    scale: scale.length > 0 ? await open(slice(program, { outputs: scale, from: [last] })) : null,
    metric: await open(
      metricTail(program, architecture.vocabulary, { metrics, from: [last, ...scale] }),
    ),
  };
}

async function closeAll(sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) await session.close();
}
