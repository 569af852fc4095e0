/** @file Models with known heads for measuring how often a verdict is right: a seed gives the model and its truth. */
import { headName } from "../../base/headName.ts";
import type { Weights } from "../../base/bytes.ts";
import { random } from "../../base/random.ts";
import { weightsInMemory } from "../../models/planted/tensorParts.ts";
import { bareModel } from "./bareModel.ts";
import { disguiseModel } from "./disguise.ts";
import { kindOf, type Kind, type KindName } from "./kinds.ts";
import { checkpointOf } from "./layouts.ts";
import { FURTHER_PLANS, PLANS, sizesFor, type Plan, type Sizes } from "./plans.ts";
import { scenarioOf, type Scenario } from "./scenario.ts";

export interface TrueHead extends Pick<Kind, "label" | "reason" | "adversarial" | "inert"> {
  readonly layer: number;
  readonly head: number;
  readonly kind: KindName;
  /** Heads that write what this one reads, `layer.head`, by route; none for heads that no head feeds. */
  readonly fedBy: Readonly<Partial<Record<"k" | "q", readonly string[]>>>;
}

export interface PlantedModel {
  /** Which of {@link PLANS} it is. */
  readonly architecture: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Weights;
  /** One entry for every head. */
  readonly truth: readonly TrueHead[];
  /** Whether a matching head copies to the unembedding; false: its attention may be there and the circuit is cut. */
  readonly circuit: Scenario["circuit"];
  readonly dModel: number;
}

export interface PlantedOptions {
  /** The name of one of {@link PLANS} or {@link FURTHER_PLANS}, in place of the seed's. */
  readonly architecture?: string | undefined;
  /** In place of the drawn number; a single layer has no circuit, whatever its heads attend to. */
  readonly layers?: number | undefined;
  /** These kinds of heads, [layer][head], in place of drawn ones: as many in each layer. */
  readonly kinds?: readonly (readonly KindName[])[] | undefined;
}

/** Weight noise is at most this share of 1 / sqrt(d_model). */
const MOST_NOISE = 0.02;

/**
 * The planted model of `seed`: 2 to 4 layers of 2 to 8 heads; seeds take the architectures of {@link PLANS} in turn.
 *
 * Three in four have a circuit: a previous-token head feeds an induction head of some kind, and others oppose it, follow
 * it or resemble it. In the others the circuit is cut. All other heads are of any kind that needs no circuit.
 */
export function plantedModel(
  seed: number,
  { layers, kinds, architecture }: PlantedOptions = {},
): PlantedModel {
  const draw = random(seed, 1);
  const plan = planOf(seed, architecture);
  const drawnSizes = sizesFor(plan, draw);
  const sizes = sizesWith(drawnSizes, layers ?? kinds?.length, kinds?.[0]?.length);
  const base = scenarioOf(plan, sizes, draw);
  const scenario = kinds ? { ...base, kinds } : base;
  const bare = bareModel(plan, sizes, scenario, draw);
  const noise = MOST_NOISE * draw.uniform();
  const scaledScores = draw.uniform() < 0.5;
  const parts = disguiseModel(bare, plan, { rotate: true, noise }, draw);
  const checkpoint = checkpointOf(parts, { plan, sizes, bare, scaledScores });
  return {
    architecture: plan.name,
    config: checkpoint.config,
    weights: weightsInMemory(checkpoint.parts),
    truth: truthOf(scenario),
    circuit: scenario.circuit,
    dModel: bare.stream.dModel,
  };
}

function planOf(seed: number, name: string | undefined): Plan {
  if (name === undefined) return PLANS[((seed % PLANS.length) + PLANS.length) % PLANS.length]!;
  const plan = [...PLANS, ...FURTHER_PLANS].find((other) => other.name === name);
  if (!plan) throw new Error(`no architecture of planted models is called ${name}`);
  return plan;
}

function sizesWith(sizes: Sizes, layers = sizes.layers, heads = sizes.heads): Sizes {
  return { ...sizes, layers, heads, kvHeads: heads === sizes.heads ? sizes.kvHeads : heads };
}

function truthOf({ kinds }: Scenario): TrueHead[] {
  const places = kinds.flatMap((layer, at) =>
    layer.map((kind, head) => ({ layer: at, head, kind })),
  );
  return places.map((place): TrueHead => {
    const { label, reason, adversarial, inert, fedBy = {} } = kindOf(place.kind);
    const feeders = Object.entries(fedBy).map(([route, kind]) => [
      route,
      places.filter((other) => other.kind === kind && other.layer < place.layer).map(headName),
    ]);
    return {
      ...place,
      label,
      reason,
      adversarial,
      ...(inert && { inert }),
      fedBy: Object.fromEntries(feeders) as TrueHead["fedBy"],
    };
  });
}
