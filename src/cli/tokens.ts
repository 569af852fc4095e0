import { openTokenizer } from "../models/openTokenizer.ts";
import { visible } from "../draw/visible.ts";
import { interruption } from "./interruption.ts";
import type { ModelOptions } from "./model.ts";

export interface TokensCommandOptions extends ModelOptions {
  readonly json?: boolean | undefined;
}

/** Ids, pieces and UTF-8 byte ranges of a text, and what the tokenizer says about BOS. */
export async function tokensCommand(
  name: string,
  text: string,
  { revision, offline, json }: TokensCommandOptions,
): Promise<void> {
  const signal = interruption();
  const tokenizer = await openTokenizer(name, {
    signal,
    ...(revision !== undefined && { revision }),
    ...(offline !== undefined && { offline }),
  });
  const ids = tokenizer.encode(text);
  const [pieces, ranges] = [tokenizer.pieces(ids), tokenizer.ranges(text)];
  const { bos } = tokenizer;
  const normalised = tokenizer.decode(ids);
  if (json) {
    const tokens = ids.map((id, index) => ({ id, piece: pieces[index], range: ranges[index] }));
    process.stdout.write(
      `${JSON.stringify({ tokenizer: tokenizer.description, bos, normalised, tokens })}\n`,
    );
    return;
  }
  const width = Math.max(...ids.map((id) => String(id).length), 2);
  const rows = ids.map(
    (id, index) =>
      `${String(id).padStart(width)}  ${ranges[index]!.join("-").padEnd(9)}  ${shown(pieces[index]!)}`,
  );
  process.stdout.write(
    [
      `${visible(tokenizer.description)}: ${ids.length} tokens of ${tokenizer.vocabSize}`,
      `BOS: ${bos.id === null ? "none" : `id ${bos.id}, ${bos.addToText ? "added" : "not added"} to text by default`} (${visible(bos.why)})`,
      `${"id".padStart(width)}  bytes      piece`,
      ...rows,
      ...(normalised === text ? [] : [`the tokenizer reads this text as ${shown(normalised)}`]),
      "",
    ].join("\n"),
  );
}

/** In quotes, so that spaces can be seen. */
function shown(piece: string): string {
  return visible(JSON.stringify(piece));
}
