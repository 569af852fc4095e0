/** @file Which attention of a model is scored, and in which direction. */
import type { ScoredPart } from "../../graph/edits/withAttentionScores.ts";
import type { Program } from "../../graph/program.ts";
import type { Direction } from "../../measure/stackScores.ts";
import type { Architecture, StackFacts } from "../../models/family.ts";

/** Attention of one stack in one direction. */
export interface ScoredStack {
  readonly scored: ScoredPart;
  readonly direction: Direction;
  /** The input whose rows its queries stand in. */
  readonly input: string;
  readonly stack: string;
  readonly layers: number;
  readonly heads: number;
  /** Keys on each side that a query of each layer sees; null: all. */
  readonly reaches: readonly (number | null)[];
}

type Reads = Pick<StackFacts, "name" | "layers" | "heads" | "mask" | "cross">;

/** Attention of all stacks that read tokens or images; encoder's before decoder's, cross-attention last. */
export function scoredStacks(program: Program, architecture: Architecture): ScoredStack[] {
  const { layers, heads, mask = "causal", reaches = [] } = architecture;
  const alone: Reads = { name: "", layers, heads, mask, cross: false };
  const stacks: readonly Reads[] = architecture.stacks ?? [alone];
  const inputs = new Set(program.inputs.map(({ name }) => name));
  return stacks.flatMap((stack) => {
    const input = inputOf(stack.name, inputs);
    if (!inputs.has(input)) return [];
    const common = { input, stack: stack.name, layers: stack.layers, heads: stack.heads };
    const prefix = stack.name === "" ? "" : `${stack.name}.`;
    const ways = stack.mask === "causal" ? (["causal"] as const) : (["back", "ahead"] as const);
    const own = ways.map((direction): ScoredStack => ({
      ...common,
      direction,
      scored: { prefix, attention: "attn", reading: direction },
      reaches: stack.name === "" ? reaches : [],
    }));
    const crosses = stack.cross && inputs.has("encoder");
    const cross: ScoredStack = {
      ...common,
      direction: "across",
      scored: { prefix, attention: "cross_attn" },
      reaches: [],
    };
    return crosses ? [...own, cross] : own;
  });
}

/** The input that a stack reads. */
function inputOf(stack: string, inputs: ReadonlySet<string>): string {
  if (stack === "vision" || (stack === "" && !inputs.has("tokens"))) return "pixels";
  return stack === "" || stack === "text" ? "tokens" : stack;
}
