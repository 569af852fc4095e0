import type { ScoreName, ScoreResult } from "induction-lens/browser";

/** Attention from which a head is said to do a thing; below it, the card says that it does none of the five clearly. */
export const CLEARLY = 0.5;

export const LABELS: Readonly<Record<ScoreName, { glyph: string; name: string; does: string }>> = {
  induction: {
    glyph: "◆",
    name: "induction",
    does: "looks for the last time the current token appeared and attends to what came next",
  },
  previousToken: { glyph: "◀", name: "previous token", does: "attends to the token just before" },
  duplicateToken: {
    glyph: "●",
    name: "duplicate token",
    does: "attends to the last copy of the current token",
  },
  firstToken: { glyph: "▲", name: "first token", does: "rests on the first token" },
  currentToken: { glyph: "■", name: "current token", does: "attends to the token it stands on" },
};

/** The score that names a head: its largest, if that is at least `CLEARLY`. */
export function labelOf(scores: ScoreResult["scores"], layer: number, head: number) {
  const names = Object.keys(LABELS) as ScoreName[];
  const value = (name: ScoreName) => scores[name][layer]![head]!;
  const best = names.reduce((top, name) => (value(name) > value(top) ? name : top));
  return value(best) >= CLEARLY ? best : null;
}

export function sentence(label: ScoreName | null): string {
  return label
    ? `This head ${LABELS[label].does}.`
    : `This head does none of the five things below with half of its attention or more.`;
}
