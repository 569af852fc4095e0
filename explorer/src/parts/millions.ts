/** A number of parameters, in words. */
export function millions(count: number): string {
  return count >= 1e6
    ? `${(count / 1e6).toFixed(0)} million`
    : `${Math.round(count / 1000)} thousand`;
}
