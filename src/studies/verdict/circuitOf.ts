/** @file The circuit: induction heads and what feeds them. */
import { ACTING_LABELS } from "../../measure/verdict/names.ts";
import { isAtClaimedDepth } from "../../measure/headDepth.ts";
import { LEAST_UPSTREAM } from "../../measure/verdict/thresholds.ts";
import type { Mechanism } from "../../measure/verdict/upstream.ts";
import type { VerdictResult } from "./result.ts";
import { headName } from "../../base/headName.ts";

type Head = VerdictResult["heads"][number];

/** Edges from every upstream head that surely carries a tenth of a receiver's stripe. */
export function circuitOf(heads: readonly Head[]): VerdictResult["circuit"] {
  const induction = heads.filter(({ label }) => label === "induction");
  const edges = heads
    .filter(({ label }) => ACTING_LABELS.includes(label))
    .flatMap((to) =>
      to.evidence.upstream
        .filter(({ effect, low }) => (low ?? effect) >= LEAST_UPSTREAM)
        .map(({ layer, head, ...edge }) => ({
          from: headName({ layer, head }),
          to: headName(to),
          ...edge,
        })),
    );
  const depths = induction.map(({ depth }) => depth);
  return {
    present: induction.length > 0,
    mechanism: induction.length > 0 ? together(induction.map(mechanism)) : null,
    edges,
    depth:
      depths.length > 0
        ? {
            least: Math.min(...depths),
            most: Math.max(...depths),
            withinClaim: depths.filter(isAtClaimedDepth).length,
            heads: depths.length,
          }
        : null,
  };
}

const mechanism = ({ evidence }: Head): Mechanism => evidence.mechanism ?? "none";

/** One mechanism if all heads that have one agree. */
function together(mechanisms: readonly Mechanism[]): Mechanism {
  const kinds = new Set(mechanisms.filter((name) => name !== "none"));
  if (kinds.size === 0) return "none";
  return kinds.size === 1 ? [...kinds][0]! : "mixed";
}
