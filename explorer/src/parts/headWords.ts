import {
  headName,
  INDUCTION_ATTENTION,
  SCORE_TABLE,
  uniformOf,
  type HeadAt,
  type ScoreName,
  type ScoreResult,
  type VerdictResult,
} from "induction-lens/browser";
import { percent } from "./percent.ts";

type VerdictLabel = VerdictResult["heads"][number]["label"];

/** Attention from which a head is said to do a thing; below it, the card says that it does none of them clearly. */
export const CLEARLY = INDUCTION_ATTENTION.strong;

/** For each score a sign, a name, and what a head that has it does. */
export const LABELS = Object.fromEntries(
  Object.entries(SCORE_TABLE).map(([score, { sign, title, does }]) => [
    score,
    { glyph: sign, name: title, does },
  ]),
) as Readonly<Record<ScoreName, { glyph: string; name: string; does: string }>>;

/** A sign for each label of a verdict, so that none is told by colour alone. */
export const VERDICT_GLYPHS: Readonly<Record<VerdictLabel, string>> = {
  induction: "◆",
  "anti-induction": "◇",
  "copy-suppression": "⊖",
  "attends-without-copying": "◈",
  positional: "▷",
  "previous-token": "◀",
  "duplicate-token": "●",
  "current-token": "■",
  "first-token": "▲",
  mixed: "✚",
  other: "○",
};

/** The score that names a head: its largest, if that is at least `CLEARLY`. */
export function labelOf(scores: ScoreResult["scores"], layer: number, head: number) {
  const names = Object.keys(LABELS) as ScoreName[];
  const value = (name: ScoreName) => scores[name][layer]![head]!;
  const best = names.reduce((top, name) => (value(name) > value(top) ? name : top));
  return value(best) >= CLEARLY ? best : null;
}

/** `1.0, 1.1 and 1.3`, by layer and head whatever their order is. */
export function headList(heads: readonly HeadAt[]): string {
  const names = heads.toSorted((a, b) => a.layer - b.layer || a.head - b.head).map(headName);
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}

/** What stands beside the arc of a head that is cut. */
export function cutLabel(at: HeadAt): string {
  return `head ${headName(at)} is cut: it passes nothing on`;
}

/**
 * What a reader should keep in mind about a head's numbers.
 *
 * @param isProven there is a verdict, which says more than attention can
 */
export function flags(result: ScoreResult, { layer, head }: HeadAt, isProven: boolean) {
  const { scores, intervals } = result;
  const value = (name: ScoreName) => scores[name][layer]![head]!;
  const even = uniformOf(result, "induction", layer);
  const range = intervals.induction[layer]![head];
  const label = labelOf(scores, layer, head);
  const { partTimeUniform } = INDUCTION_ATTENTION;
  const phrases: string[] = [];
  if (label !== "firstToken" && value("firstToken") >= 0.25)
    phrases.push(
      `It rests on the first token with ${percent(value("firstToken"))} of its attention, as heads do that have nothing to do: its other scores can only reach what is left.`,
    );
  if (label === "induction" && !isProven)
    phrases.push(
      "Attention is not proof: switch it off to see whether the model needs it, and cut the heads that it reads.",
    );
  if (label === null && !isProven && value("induction") > partTimeUniform * even)
    phrases.push(
      `It attends to what came next ${(value("induction") / even).toFixed(0)} times as much as uniform attention would: a part-time induction head, or one that does several things.`,
    );
  if (range && range[1] - range[0] > 0.1)
    phrases.push(
      `Sequences differ: the interval of its induction score is ${(range[1] - range[0]).toFixed(2)} wide.`,
    );
  return phrases;
}
