/** @file How numbers are written in pictures and tables: no more digits than can be read or are meant. */

/** A share from 0 to 1 in two decimals and without the leading zero: `.93`, `1.0`, `.00`. */
export function share(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const text = value.toFixed(2);
  if (text === "1.00") return "1.0";
  return minusSign(text);
}

/** `value` with as many decimals as leave two digits to a number as large as `bound`. */
export function toBound(value: number, bound: number): string {
  if (!Number.isFinite(value)) return "–";
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(bound * 0.9999)));
  return decimals > 4 ? minusSign(value.toExponential(1)) : minusSign(value.toFixed(decimals));
}

/** Nats in three decimals. */
export function nats(value: number): string {
  return value.toFixed(3).replace("-", "−");
}

/** `[.91, .95]`, or a dash where there is no interval. */
export function intervalText(interval: readonly [number, number] | null): string {
  return interval === null ? "–" : `[${share(interval[0])}, ${share(interval[1])}]`;
}

function minusSign(text: string): string {
  const zero = Number(text) === 0;
  const bare = text.replace(/^-/, "").replace(/^0(?=\.\d)/, "");
  return text.startsWith("-") && !zero ? `−${bare}` : bare;
}

/** A number in a table: four digits are enough to read. */
export function tableNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return minusSign(String(value));
  if (Math.abs(value) >= 1000) return minusSign(value.toFixed(1)); // such as a mean rank
  return (Math.abs(value) < 1e-4 ? value.toExponential(1) : value.toFixed(4)).replaceAll("-", "−");
}
