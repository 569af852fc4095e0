/** @file Results as JSON text that people can read: a row of a matrix stays on its line. */

/** `value` as JSON, indented by 2; an array without objects in it takes one line. The same value gives the same bytes. */
export function jsonText(value: unknown): string {
  return `${write(value, "")}\n`;
}

function write(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0 || value.every(isFlat)) return JSON.stringify(value);
    const items = value.map((item) => `${inner}${write(item, inner)}`);
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${inner}${JSON.stringify(key)}: ${write(member, inner)}`);
  return members.length === 0 ? "{}" : `{\n${members.join(",\n")}\n${indent}}`;
}

/** A number, string, boolean or null, or an interval such as [0.1, 0.2]. */
function isFlat(item: unknown): boolean {
  if (Array.isArray(item)) return item.length === 2 && item.every((end) => typeof end === "number");
  return typeof item !== "object" || item === null;
}
