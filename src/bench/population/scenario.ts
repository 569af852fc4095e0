/** @file Which kinds of heads a planted model has, and where: circuits first, then heads of any kind around them. */
import type { Random } from "../../base/random.ts";
import type { KindName } from "./kinds.ts";
import { pick, type Plan, type Sizes } from "./plans.ts";

/** What the MLP of a layer does: nothing planned, derive another code of the token, or take off `shadow`. */
export type MlpRole = "random" | "derive" | "cancel";

export interface Scenario {
  /** [layer][head] */
  readonly kinds: readonly (readonly KindName[])[];
  /** [layer]; null without MLPs. */
  readonly mlps: readonly (MlpRole | null)[];
  /** Whether some head copies from its match to the unembedding; false: attention may be there and the circuit is cut. */
  readonly circuit: "whole" | "cut";
}

interface Request {
  readonly kind: KindName;
  /** Layers, both included. */
  readonly from: number;
  readonly to: number;
}

const EASY = ["noise", "first", "current", "duplicate"] as const;
const QUIET = [...EASY, "noise", "first", "positional"] as const;
const LOUD = ["duplicateThatCopies", "positionalThatCopies"] as const;
const CUT = [
  "attendsOnly",
  "scrambled",
  "offUnembedding",
  "sizeOnly",
  "meanOnly",
  "constantOnly",
] as const;

export function scenarioOf(plan: Plan, { layers, heads }: Sizes, draw: Random): Scenario {
  const derives = plan.mlp !== null && draw.uniform() < 0.4;
  const feeder = layers > 2 ? draw.integer(0, layers - 3) : 0;
  const cut = draw.uniform() < 0.25 || layers === 1;
  const chosen = cut
    ? cutCircuit(draw, { feeder, last: layers - 1 })
    : wholeCircuit(draw, plan, { feeder, last: layers - 1, derives });
  const cancels = chosen.requests.some(({ kind }) => kind === "cancelled");
  const byMlp = plan.mlp !== null && draw.uniform() < 0.5;
  const last = layers - 1;
  const canceller = { kind: "canceller" as const, from: last, to: last };
  const requests = [...(cancels && !byMlp ? [canceller] : []), ...chosen.requests];
  const placement = placedIn(draw, requests, { layers, heads });
  const kinds = placement.map((kindsHere, layer) => {
    const others = [...QUIET, layer === 0 ? "previous" : "latePrevious"] as const;
    const free = Array.from({ length: heads - kindsHere.length }, () =>
      pick<KindName>(draw, layer >= chosen.loudFrom ? [...others, ...LOUD] : others),
    );
    return draw.shuffled([...kindsHere, ...free]);
  });
  const mlps = kinds.map((_, layer): MlpRole | null => {
    if (plan.mlp === null) return null;
    if (layer === 0 && derives) return "derive";
    return cancels && byMlp && layer === last ? "cancel" : "random";
  });
  return { kinds, mlps, circuit: cut ? "cut" : "whole" };
}

interface ChosenRequests {
  readonly requests: readonly Request[];
  /** From this layer on, heads may write predictions that do not belong to the circuit. */
  readonly loudFrom: number;
}

/** Attention without copying, an induction head whose feeder is not there, or no match at all. */
function cutCircuit(
  draw: Random,
  { feeder, last }: { feeder: number; last: number },
): ChosenRequests {
  const how = draw.uniform();
  if (how < 0.25) return { requests: [{ kind: "unfed", from: 1, to: last }], loudFrom: 0 };
  const feederRequest = { kind: "feeder" as const, from: feeder, to: feeder };
  if (how < 0.35) return { requests: [feederRequest], loudFrom: 0 };
  const after = { from: feeder + 1, to: last };
  const cutHeads = [0, 1].map(() => ({ kind: pick(draw, CUT), ...after }));
  const cancelled = { kind: "cancelled" as const, from: feeder + 1, to: last - 1 };
  const room = cancelled.to >= cancelled.from && draw.uniform() < 0.5;
  return { requests: [feederRequest, ...(room ? [cancelled] : []), ...cutHeads], loudFrom: 0 };
}

/** A feeder, what it feeds, and what opposes, follows or resembles that. The first are placed first. */
function wholeCircuit(
  draw: Random,
  { positions }: Plan,
  { feeder, last, derives }: { feeder: number; last: number; derives: boolean },
): ChosenRequests {
  const suppressed = last >= 2 && !derives && draw.uniform() < 0.75;
  const match = { from: feeder + 1, to: suppressed ? last - 1 : last };
  const at = suppressed ? draw.integer(match.to + 1, last) : match.from;
  const late = { from: suppressed ? at : match.from, to: last };
  const early = { from: feeder, to: feeder };
  const points = positions === "standard";
  const mains: readonly (readonly KindName[])[] = [
    ["induction"],
    ["partial"],
    ["redundant", "redundant"],
    ...(points
      ? ([
          ["pointer", "pointerInduction"],
          ["pointer", "doubleInduction"],
          ["pointer", "induction", "pointerInduction"],
        ] as const)
      : []),
  ];
  const main = pick(draw, mains).map((kind) => ({ kind, ...(kind === "pointer" ? early : match) }));
  const mixed =
    points || positions === "shortformer"
      ? (["previousAndDuplicate", "inductionAndPrevious"] as const)
      : (["threefold"] as const);
  const beside = draw.shuffled<Request & { chance: number }>([
    { kind: "antiInduction", ...late, chance: 0.5 },
    { kind: pick(draw, CUT), ...late, chance: 0.25 },
    { kind: pick(draw, mixed), ...late, chance: 0.5 },
    { kind: "cancelled", from: feeder + 1, to: last - 1, chance: 0.2 },
    { kind: pick(draw, LOUD), ...late, chance: 0.3 },
  ]);
  const extras = beside.filter(({ from, to, chance }) => from <= to && draw.uniform() < chance);
  const suppression = suppressed ? [{ kind: "copySuppression" as const, from: at, to: at }] : [];
  return {
    requests: [{ kind: "feeder", ...early }, ...main, ...suppression, ...extras],
    loudFrom: suppressed ? at : 0,
  };
}

/** Puts each request into a layer with room, in order; those that find none are left out. */
function placedIn(
  draw: Random,
  requests: readonly Request[],
  { layers, heads }: { layers: number; heads: number },
): KindName[][] {
  const layersOfKinds = Array.from({ length: layers }, (): KindName[] => []);
  for (const { kind, from, to } of requests) {
    const room = layersOfKinds.filter(
      (kinds, layer) => layer >= from && layer <= to && kinds.length < heads,
    );
    if (room.length > 0) pick(draw, room).push(kind);
  }
  return layersOfKinds;
}
