/** @file What a verdict says in sentences. */
import { ROUTE_WORDS } from "../../results/causalNames.ts";
import type { VerdictResult } from "./result.ts";
import { headName } from "../../base/headName.ts";
import { layerList } from "../../inputs/windowReach.ts";

type VerdictFacts = Pick<
  VerdictResult,
  "heads" | "circuit" | "causal" | "periods" | "model" | "screened"
>;

/**
 * What was found, how it works, how deep it lies, and what was not found.
 *
 * @param outOfReach layers that do not see what followed the earlier copy
 */
export function verdictWords(result: VerdictFacts, outOfReach: readonly number[] = []): string[] {
  return [
    ...inductionWords(result, outOfReach),
    ...line(result),
    ...depth(result),
    ...absent(result),
  ];
}

function nameList(heads: VerdictFacts["heads"]): string {
  return heads.map(headName).join(", ");
}

function inductionWords(
  { heads, screened, causal, circuit, model }: VerdictFacts,
  outOfReach: readonly number[],
): string[] {
  const induction = heads.filter(({ label }) => label === "induction");
  if (induction.length > 0)
    return [
      `${induction.length === 1 ? "One induction head" : `${induction.length} induction heads`}: ${nameList(induction)}.${ranWords(screened)}`,
    ];
  if (outOfReach.length === model.layers)
    return [
      "Whether there are induction heads cannot be told: no layer sees what followed the earlier copy; shorter sequences bring it within reach.",
    ];
  if (screened.candidates.length === 0 && outOfReach.length > 0)
    return [
      `No induction head in the layers that see what followed the earlier copy; ${layerList(outOfReach)} ${outOfReach.length === 1 ? "does" : "do"} not.`,
    ];
  if (screened.candidates.length === 0)
    return [
      "No induction head: no head attends to the token after the earlier copy, beyond what the controls explain.",
    ];
  const why = causal?.differs
    ? "none of them was shown to copy and to matter"
    : "what they predict does not depend on the first copy";
  return circuit.present
    ? []
    : [
        `No induction head: ${screened.candidates.join(", ")} attend${screened.candidates.length === 1 ? "s" : ""} like one, but ${why}.`,
      ];
}

/** How much of what attends alike was run, and whether there was anything to compare it with. */
function ranWords({ candidates, leftOut, nullHeads, examples }: VerdictFacts["screened"]): string {
  const rest =
    leftOut.length === 0
      ? ""
      : ` Of the heads that attend like induction ${candidates.length} were run and ${leftOut.length} were not.`;
  const noNull =
    nullHeads.length === 0 ? " No random heads were run beside them: this is without a null." : "";
  const noInterval =
    examples.causal === 1 ? " It rests on one sequence: no effect has an interval." : "";
  return rest + noNull + noInterval;
}

/** Each receiver's strongest feeder, receivers of one feeder together: 16.0 -> keys of 17.3, 18.6. */
function line({ circuit, heads }: VerdictFacts): string[] {
  if (!circuit.present) return [];
  const strongest = new Map<string, Edge>();
  for (const edge of circuit.edges) {
    const best = strongest.get(edge.to);
    if (!best || edge.effect > best.effect) strongest.set(edge.to, edge);
  }
  if (circuit.mechanism === "convolution") return [convolutionWords(heads)];
  if (strongest.size === 0)
    return ["No single earlier head carries a tenth of what the induction heads match by."];
  const groups = new Map<string, Edge[]>();
  for (const edge of strongest.values()) {
    const key = `${edge.from} ${edge.route}`;
    groups.set(key, [...(groups.get(key) ?? []), edge]);
  }
  const headWithLabel = (name: string) =>
    `${name} (${heads.find((head) => headName(head) === name)!.label})`;
  const parts = [...groups.values()].map((edges) => {
    const { from, route } = edges[0]!;
    return `${headWithLabel(from)} → ${ROUTE_WORDS[route]} of ${edges.map(({ to }) => to).join(", ")}: ${shares(edges)}`;
  });
  return [
    `Circuit, the strongest path into each, with the share of attention (for values, of output) lost without it: ${parts.join("; ")}.`,
  ];
}

/** The previous-token step is the layer's own. */
function convolutionWords(heads: VerdictFacts["heads"]): string {
  const lost = heads.flatMap(({ label, evidence: { convolution } }) =>
    label === "induction" && convolution ? [{ effect: convolution.value }] : [],
  );
  return `The previous-token step is the convolution of their own layers: where it reads the current token alone, ${shares(lost)} of their attention to the induction target is lost.`;
}

type Edge = VerdictFacts["circuit"]["edges"][number];

function shares(edges: readonly { readonly effect: number }[]): string {
  const all = edges.map(({ effect }) => Math.round(100 * effect));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return least === most ? `${least} %` : `${least} to ${most} %`;
}

function depth({ circuit, model }: VerdictFacts): string[] {
  if (!circuit.depth || model.layers === 1) return []; // one layer has no depth
  const { least, most, withinClaim, heads } = circuit.depth;
  const share = (value: number) => value.toFixed(2);
  return [
    `Depth, layer / ${model.layers} layers: ${least === most ? share(least) : `${share(least)} to ${share(most)}`}; ${withinClaim} of ${heads} lie between 1/2 and 3/4.`,
  ];
}

const LOOKED_FOR = [
  "anti-induction",
  "copy-suppression",
  "attends-without-copying",
  "positional",
  "previous-token",
  "duplicate-token",
] as const;

function absent({ heads }: VerdictFacts): string[] {
  const missing = LOOKED_FOR.filter((label) => heads.every((head) => head.label !== label));
  return missing.length > 0 ? [`Not found: ${missing.join(", ")}.`] : [];
}
