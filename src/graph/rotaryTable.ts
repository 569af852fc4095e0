/** Turning of positions: cos and sin of position x frequency, each times `factor`. */
export interface RotaryTable {
  /** Radians per position, of each pair of entries. */
  readonly frequencies: readonly number[];
  readonly factor: number;
  /** What runs of many positions have in place of `frequencies`; left out: every run has these. */
  readonly longer?: LongerRuns | undefined;
}

/** Other frequencies for runs of more than `above` positions; all positions of a run have the same. */
export type LongerRuns =
  | {
      readonly kind: "table";
      readonly above: number;
      readonly frequencies: readonly number[];
    }
  /** f[p] s^(-2p / (d - 2)) with d `entries`, n positions and s = factor n / above - (factor - 1). */
  | {
      readonly kind: "dynamic";
      readonly above: number;
      readonly factor: number;
      /** That the configuration says are turned; where they are odd, the last pair has one more. */
      readonly entries: number;
    };

/** Radians per position, of each pair, in a run of `positions`. */
export function frequenciesOf(
  { frequencies, longer }: RotaryTable,
  positions: number,
): readonly number[] {
  if (!longer || positions <= longer.above) return frequencies;
  if (longer.kind === "table") return longer.frequencies;
  const stretch = (longer.factor * positions) / longer.above - (longer.factor - 1);
  const exponent = -2 / (longer.entries - 2);
  return frequencies.map((frequency, pair) => frequency * stretch ** (exponent * pair));
}
