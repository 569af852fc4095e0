/** A number of parameters, in words. */
export function millions(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} billion`;
  return count >= 1e6
    ? `${(count / 1e6).toFixed(0)} million`
    : `${Math.round(count / 1000)} thousand`;
}
