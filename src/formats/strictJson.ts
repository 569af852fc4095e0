/** @file JSON as formats want it that are checked by several programs: what two parsers could read differently is refused. */

/**
 * The value that `text` is JSON for.
 *
 * @param onlyCounts whether every number must be written as plain digits, and `true`, `false` and `null` are refused
 * @throws {SyntaxError} if it is not JSON, an object has a key twice at any depth, a string has half of a surrogate
 *   pair, or a number is not a count; the caller says which file
 */
export function strictJson(text: string, { onlyCounts = false } = {}): unknown {
  const value: unknown = JSON.parse(text);
  checkStrict(text, onlyCounts);
  return value;
}

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);
const NOT_IN_COUNTS = new Set([..."-.eEtfn"].map((letter) => letter.charCodeAt(0)));

/** Walks over `text`, which is JSON. */
function checkStrict(text: string, onlyCounts: boolean): void {
  const keysOfOpen: Set<string>[] = []; // one set per open bracket; those of arrays stay empty
  let lastString = "";
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      lastString = wellFormed(text.slice(at, end));
      at = end - 1;
      continue;
    }
    if (onlyCounts && NOT_IN_COUNTS.has(code)) {
      throw new SyntaxError(
        `only counts in plain digits are allowed, got ${text.slice(at - 8, at + 8)}`,
      );
    }
    const letter = text[at];
    if (letter === "{" || letter === "[") keysOfOpen.push(new Set());
    else if (letter === "}" || letter === "]") keysOfOpen.pop();
    else if (letter === ":") addKey(keysOfOpen.at(-1)!, lastString);
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function wellFormed(literal: string): string {
  const value = literal.includes("\\") ? String(JSON.parse(literal)) : literal.slice(1, -1);
  if (/\p{Surrogate}/u.test(value)) {
    throw new SyntaxError(`a string has half of a surrogate pair: ${literal.slice(0, 80)}`);
  }
  return value;
}

function addKey(keys: Set<string>, key: string): void {
  if (keys.has(key))
    throw new SyntaxError(`key ${JSON.stringify(key.slice(0, 80))} is there twice`);
  keys.add(key);
}
