/** A number with so many decimals; what rounds to nothing has no sign: `0.000`, never `-0.000`. */
export function decimals(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}
