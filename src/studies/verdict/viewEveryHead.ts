/** @file Every number that a verdict has of every head, for figures of heads. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import {
  headColumn,
  type StudyCell,
  type StudyColumn,
  type StudyTable,
} from "../../draw/studyView.ts";
import type { VerdictResult } from "./result.ts";

type Head = VerdictResult["heads"][number];
interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

interface Row {
  readonly column: StudyColumn;
  readonly of: (evidence: Head["evidence"]) => Estimate | null | undefined;
}

const ROWS: readonly Row[] = [
  {
    column: { name: "induction attention, gain", key: "induction", scale: UNIT_SCALE },
    of: ({ attention }) => attention.induction,
  },
  {
    column: { name: "direct effect on the right token, logits", key: "effect", scale: "signed" },
    of: ({ copying }) => copying?.effect,
  },
  {
    column: { name: "duplicate-token attention, gain", key: "duplicateToken", scale: UNIT_SCALE },
    of: ({ attention }) => attention.duplicateToken,
  },
  {
    column: { name: "previous-token attention, excess", key: "previousToken", scale: UNIT_SCALE },
    of: ({ attention }) => attention.previousToken,
  },
  {
    column: { name: "current-token attention, excess", key: "currentToken", scale: UNIT_SCALE },
    of: ({ attention }) => attention.currentToken,
  },
  {
    column: { name: "first-token attention, excess", key: "firstToken", scale: UNIT_SCALE },
    of: ({ attention }) => attention.firstToken,
  },
  {
    column: { name: "effect given others, logits", key: "effectGivenOthers", scale: "signed" },
    of: ({ copying }) => copying?.givenOthers,
  },
  {
    column: { name: "share restored by patching", key: "restored", scale: "signed" },
    of: ({ sufficiency }) => sufficiency?.centredLogit,
  },
  {
    column: { name: "nats lost without the head", key: "aloneNats", scale: "signed" },
    of: ({ necessity }) => necessity?.alone.sizedMean.nats,
  },
  {
    column: { name: "nats lost given others", key: "givenOthersNats", scale: "signed" },
    of: ({ necessity }) => necessity?.givenOthers.sizedMean.nats,
  },
];

/** A row for each head; what was not run for a head is empty. */
export function everyHeadTable(heads: readonly Head[]): StudyTable {
  return {
    caption: "Every head: attention, and what it does where it was run causally",
    columns: [
      headColumn(),
      "label",
      ...ROWS.flatMap(({ column }): (string | StudyColumn)[] => [column, "low", "high"]),
      "flags",
    ],
    rows: heads.map((row) => [
      { layer: row.layer, head: row.head },
      row.label,
      ...ROWS.flatMap(({ of }): StudyCell[] => {
        const { value = null, low = null, high = null } = of(row.evidence) ?? {};
        return [value, low, high];
      }),
      row.flags.join(" "),
    ]),
  };
}
