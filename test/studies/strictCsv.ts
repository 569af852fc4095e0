/** @file A reader of CSV that forgives nothing, as an oracle of what is written. */

/**
 * Rows of fields by RFC 4180: every line ends in CRLF, quotes stand around a whole field and are doubled within.
 *
 * @throws {Error} for anything else, and for rows of unequal length
 */
export function strictCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    const [field, end] = text[at] === '"' ? quoted(text, at) : bare(text, at);
    row.push(field);
    if (text[end] === ",") {
      at = end + 1;
      if (at === text.length) throw new Error("the last line does not end");
    } else if (text.startsWith("\r\n", end)) {
      rows.push(row);
      row = [];
      at = end + 2;
    } else throw new Error(`field ${field} ends in ${JSON.stringify(text.slice(end, end + 2))}`);
  }
  for (const { length } of rows)
    if (length !== rows[0]!.length)
      throw new Error(`rows of ${rows[0]!.length} and of ${length} fields`);
  return rows;
}

function quoted(text: string, start: number): [string, number] {
  let field = "";
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') field += text[at];
    else if (text[at + 1] === '"') field += text[at++];
    else return [field, at + 1];
  }
  throw new Error("a quote is not closed");
}

function bare(text: string, start: number): [string, number] {
  const end = start + text.slice(start).search(/[,\r\n"]/);
  return [text.slice(start, end), end];
}
