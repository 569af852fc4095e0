/** @file The scale that turns a head's number into a colour and a text, the same in every kind of report. */
import { share, toBound } from "./numbers.ts";

/** Sequential runs from 0 to `bound`, diverging from -`bound` to `bound`; colours stop changing there, numbers do not. */
export interface HeadScale {
  readonly kind: "sequential" | "diverging";
  readonly bound: number;
}

/** Of shares, scores and attention weights: 0 to 1. */
export const UNIT_SCALE: HeadScale = { kind: "sequential", bound: 1 };

/** Where `value` stands on the ramp, 0 to 1, clamped. */
export function fractionOf(value: number, { kind, bound }: HeadScale): number {
  const fraction = kind === "diverging" ? 0.5 + value / bound / 2 : value / bound;
  return Math.min(1, Math.max(0, fraction));
}

/** `value` as it is written on a cell: `.93` on a scale to 1, else two digits at the bound; a dash for none. */
export function valueText(value: number | null, { kind, bound }: HeadScale): string {
  if (value === null) return "–";
  return kind === "sequential" && bound === 1 ? share(value) : toBound(value, bound);
}
