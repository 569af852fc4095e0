/** @file What a verdict says in sentences. */
import type { VerdictResult } from "../../results/verdict.ts";
import { headName } from "../causal/headNames.ts";

type Said = Pick<VerdictResult, "heads" | "circuit" | "causal" | "periods" | "model" | "screened">;

/** What was found, how it works, how deep it lies, and what was not found. */
export function verdictWords(result: Said): string[] {
  return [...found(result), ...line(result), ...depth(result), ...absent(result)];
}

function named(heads: Said["heads"]): string {
  return heads.map(headName).join(", ");
}

function found({ heads, screened, causal, circuit }: Said): string[] {
  const induction = heads.filter(({ label }) => label === "induction");
  if (induction.length > 0)
    return [
      `${induction.length === 1 ? "One induction head" : `${induction.length} induction heads`}: ${named(induction)}.`,
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

const ROUTES = { k: "keys", q: "queries", v: "values" } as const;

/** Each induction head's strongest feeder, as a line: 16.0 -> keys of 18.6. */
function line({ circuit, heads }: Said): string[] {
  if (!circuit.present) return [];
  const strongest = new Map<string, Said["circuit"]["edges"][number]>();
  for (const edge of circuit.edges) {
    const known = strongest.get(edge.to);
    if (!known || edge.effect > known.effect) strongest.set(edge.to, edge);
  }
  const labelOf = (name: string) => heads.find((one) => headName(one) === name)!.label;
  const lines = [...strongest.values()].map(
    ({ from, to, route, effect }) =>
      `${from} (${labelOf(from)}) → ${ROUTES[route]} of ${to} (${labelOf(to)}), ${(100 * effect).toFixed(0)} %`,
  );
  return lines.length > 0
    ? [
        `Circuit, with the share of ${lines.length === 1 ? "its" : "their"} stripe that is lost without the path: ${lines.join("; ")}.`,
      ]
    : ["No single earlier head carries a tenth of what the induction heads match by."];
}

function depth({ circuit, model }: Said): string[] {
  if (!circuit.depth) return [];
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

function absent({ heads }: Said): string[] {
  const missing = LOOKED_FOR.filter((label) => heads.every((one) => one.label !== label));
  return missing.length > 0 ? [`Not found: ${missing.join(", ")}.`] : [];
}
