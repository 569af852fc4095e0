/** A number with so many decimals and a true minus; what rounds to nothing has no sign: `0.000`, never `−0.000`. */
export function decimals(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.replace("-", Number(text) === 0 ? "" : "−");
}
