/** @file Which labels, flags and edges of the circuit differ between two verdicts of one architecture. */
import type { VerdictResult } from "../verdict/result.ts";
import type { ComparedPair } from "./result.ts";

type Head = VerdictResult["heads"][number];
type Changes = NonNullable<ComparedPair["changes"]>;

interface BoundedNumber {
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
} as const satisfies Readonly<Record<string, (head: Head) => BoundedNumber | null>>;

export function labelChangesOf(first: VerdictResult, second: VerdictResult): Changes {
  const heads = first.heads.map((before, index) => ({ before, after: second.heads[index]! }));
  return {
    labels: heads
      .filter(({ before, after }) => before.label !== after.label)
      .map(({ before, after }) => ({
        layer: before.layer,
        head: before.head,
        from: before.label,
        to: after.label,
        undecided: [before, after].some(({ flags }) => flags.includes("undecided")),
        parted: partedEvidence(before, after),
      })),
    flags: heads
      .map(({ before, after }) => ({
        layer: before.layer,
        head: before.head,
        gained: after.flags.filter((flag) => !before.flags.includes(flag)),
        lost: before.flags.filter((flag) => !after.flags.includes(flag)),
      }))
      .filter(({ gained, lost }) => gained.length + lost.length > 0),
    edges: { gained: edgesBeyond(second, first), lost: edgesBeyond(first, second) },
  };
}

function partedEvidence(before: Head, after: Head): string[] {
  return Object.entries(EVIDENCE).flatMap(([name, of]) =>
    areParted(of(before), of(after)) ? [name] : [],
  );
}

function areParted(first: BoundedNumber | null, second: BoundedNumber | null): boolean {
  const isAbove = (a: BoundedNumber | null, b: BoundedNumber | null) =>
    (a?.low ?? -Infinity) > (b?.high ?? Infinity);
  return isAbove(first, second) || isAbove(second, first);
}

/** Edges of the circuit that the other verdict does not have. */
function edgesBeyond({ circuit }: VerdictResult, other: VerdictResult): Changes["edges"]["lost"] {
  const keyOf = ({ from, to, route }: Changes["edges"]["lost"][number]) => `${from} ${route} ${to}`;
  const keys = new Set(other.circuit.edges.map(keyOf));
  return circuit.edges
    .filter((edge) => !keys.has(keyOf(edge)))
    .map(({ from, to, route }) => ({ from, to, route }));
}
