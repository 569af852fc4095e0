/**
 * Seeds of measured rows are asked for; those of other rows of the same kind lie this far off, so that the two never meet.
 * Reference rows stand in for ablated heads, fresh rows test what was found, screening rows are looked at first, and each shorter period of a
 * verdict has rows further on, since rows of one seed begin with the same tokens.
 */
export const OTHER_SEEDS = {
  reference: 1_000_003,
  fresh: 2_000_003,
  screening: 2_000_006,
  period: 4_000_037,
} as const;
