import type { VerdictResult } from "../verdict/result.ts";

/** What a card cannot say of the model of this verdict, as sentences. */
export function notTested({
  input,
  periods,
  screened,
  heads,
}: Pick<VerdictResult, "input" | "periods" | "screened" | "heads">): string[] {
  const { candidates, leftOut, quick } = screened;
  const rows =
    input.kind === "tokens"
      ? "Only the given rows were run"
      : `Only random tokens were run, repeated after ${periods.join(", ")} tokens`;
  const others = heads.length - candidates.length - leftOut.length;
  return [
    `${rows}: heads may do something else on natural text.`,
    `Rows have ${input.length} tokens: nothing is known of longer contexts.`,
    ...(others > 0 ? [othersWords(others, heads.length)] : []),
    ...(leftOut.length > 0
      ? [`These attend like induction and were not run causally: ${leftOut.join(", ")}.`]
      : []),
    ...(quick ? ["The verdict is a quick one: fewer rows, no paths into values, no weights."] : []),
    "Paths are from head to head: what MLPs pass on was not taken apart.",
  ];
}

function othersWords(others: number, heads: number): string {
  const [does, them, where] =
    others === 1
      ? ["does", "it", "its label says where it attends"]
      : ["do", "them", "their labels say where they attend"];
  return `${others} of ${heads} heads ${does} not attend like induction, so what is lost without ${them} was not measured; ${where}.`;
}
