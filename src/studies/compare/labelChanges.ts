/** @file Which labels, flags and edges of the circuit differ between two verdicts of one architecture. */
import type { VerdictResult } from "../verdict/result.ts";
import type { ComparedPair } from "./result.ts";

type Head = VerdictResult["heads"][number];
type Changes = NonNullable<ComparedPair["changes"]>;

interface Bounded {
  readonly low: number | null;
  readonly high: number | null;
}

/** What labels rest on; null where a head was not run causally. */
const EVIDENCE = {
  induction: ({ evidence }) => evidence.attention.induction,
  "duplicate token": ({ evidence }) => evidence.attention.duplicateToken,
  "previous token": ({ evidence }) => evidence.attention.previousToken,
  "current token": ({ evidence }) => evidence.attention.currentToken,
  "first token": ({ evidence }) => evidence.attention.firstToken,
  copying: ({ evidence }) => evidence.copying?.effect ?? null,
  sufficiency: ({ evidence }) => evidence.sufficiency?.centredLogit ?? null,
  necessity: ({ evidence }) => evidence.necessity?.givenOthers.sizedMean.nats ?? null,
} as const satisfies Readonly<Record<string, (head: Head) => Bounded | null>>;

export function labelChangesOf(first: VerdictResult, second: VerdictResult): Changes {
  const heads = first.heads.map((one, index) => ({ one, two: second.heads[index]! }));
  return {
    labels: heads
      .filter(({ one, two }) => one.label !== two.label)
      .map(({ one, two }) => ({
        layer: one.layer,
        head: one.head,
        from: one.label,
        to: two.label,
        undecided: [one, two].some(({ flags }) => flags.includes("undecided")),
        parted: partedEvidence(one, two),
      })),
    flags: heads
      .map(({ one, two }) => ({
        layer: one.layer,
        head: one.head,
        gained: two.flags.filter((flag) => !one.flags.includes(flag)),
        lost: one.flags.filter((flag) => !two.flags.includes(flag)),
      }))
      .filter(({ gained, lost }) => gained.length + lost.length > 0),
    edges: { gained: edgesBeyond(second, first), lost: edgesBeyond(first, second) },
  };
}

function partedEvidence(one: Head, two: Head): string[] {
  return Object.entries(EVIDENCE).flatMap(([name, of]) =>
    areParted(of(one), of(two)) ? [name] : [],
  );
}

function areParted(one: Bounded | null, two: Bounded | null): boolean {
  const isAbove = (a: Bounded | null, b: Bounded | null) =>
    (a?.low ?? -Infinity) > (b?.high ?? Infinity);
  return isAbove(one, two) || isAbove(two, one);
}

/** Edges of the circuit that the other verdict does not have. */
function edgesBeyond({ circuit }: VerdictResult, other: VerdictResult): Changes["edges"]["lost"] {
  const keyOf = ({ from, to, route }: Changes["edges"]["lost"][number]) => `${from} ${route} ${to}`;
  const known = new Set(other.circuit.edges.map(keyOf));
  return circuit.edges
    .filter((edge) => !known.has(keyOf(edge)))
    .map(({ from, to, route }) => ({ from, to, route }));
}
