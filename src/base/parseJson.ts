/** What a JSON text says. Windows writes a mark of the byte order in front, which is no part of it (RFC 8259, 8.1). */
export function parseJson(
  text: string,
  reviver?: (key: string, value: unknown) => unknown,
): unknown {
  return JSON.parse(text.replace(/^\ufeff/, ""), reviver);
}
