/** Whole per cent: what a learner compares at a glance. */
export function percent(value: number | null): string {
  if (value === null) return "…";
  const share = 100 * value;
  return share > 0 && share < 0.5 ? "<1\u00a0%" : `${Math.round(share)}\u00a0%`;
}
