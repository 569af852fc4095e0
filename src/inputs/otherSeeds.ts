/**
 * Seeds of measured rows are asked for; those of other rows of the same kind lie this far off, so that the two never meet.
 * Reference rows stand in for ablated heads, fresh rows test what was found, screening rows are looked at first.
 */
export const OTHER_SEEDS = {
  reference: 1_000_003,
  fresh: 2_000_003,
  screening: 2_000_006,
} as const;
