/** @file JSON texts as programs write them: with a mark of the byte order, or with numbers that JSON does not have. */

/** What a JSON text says. Windows writes a mark of the byte order in front, which is not part of it (RFC 8259, 8.1). */
export function parseJson(
  text: string,
  reviver?: (key: string, value: unknown) => unknown,
): unknown {
  return JSON.parse(text.replace(/^\ufeff/, ""), reviver);
}

const TAG = "__float__";
const FLOATS: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };
/** A text, or a number that JSON does not have. */
const STRING_OR_FLOAT = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/gs;

/** As `parseJson`, and what Python's json module writes: NaN and infinities, bare or as transformers 5 tags them. */
export function parsePythonJson(text: string): unknown {
  const tagged = text.replaceAll(STRING_OR_FLOAT, (token) =>
    token.startsWith('"') ? token : `{"${TAG}":"${token}"}`,
  );
  return parseJson(tagged, withoutTag);
}

function withoutTag(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, TAG)) return value;
  const text = (value as Record<string, unknown>)[TAG];
  return typeof text === "string" && Object.hasOwn(FLOATS, text) ? FLOATS[text] : value;
}
