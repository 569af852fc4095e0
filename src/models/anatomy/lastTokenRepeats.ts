/** @file Whether the last token of a row can stand there many times, each copy seeing what comes before and no other copy. */
import type { Fill, Program } from "../../graph/program.ts";

/** Inputs that are numbered by position alone, or by query and key: copies of a position get what it has. */
const COPIED: ReadonlySet<Fill["kind"]> = new Set<Fill["kind"]>([
  ...(["constant", "count", "rotary", "temperature", "sinusoids"] as const),
  ...(["causalMask", "alibiMask", "relativeBuckets"] as const),
]);

/** Operations after which a position knows of its neighbours. */
const BESIDE: ReadonlySet<string> = new Set([
  ...["slice", "concat", "pad", "take", "repeat", "softmax"],
  ...["shift", "cumulate", "convolve", "recur"],
]);

/** Why a model's last token cannot stand there many times; null where it can. */
export function lacksLastTokenRuns({ program }: { readonly program: Program }): string | null {
  const other = program.inputs.find(({ fill }) => fill && !COPIED.has(fill.kind));
  const beside = program.ops.find(
    ({ op, attributes }) =>
      BESIDE.has(op) && "axis" in attributes && attributes.axis === "position",
  );
  return other || beside
    ? "its positions see each other by other means than attention, so that the last one cannot stand there many times"
    : null;
}
