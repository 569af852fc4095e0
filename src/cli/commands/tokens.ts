import { plural } from "../../base/plural.ts";
import type { Command } from "commander";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import { defineCommand } from "../commandSpec.ts";
import { partFlags, type ModelFlags, type OutputFlags } from "../flags/partFlags.ts";
import { MODEL, fromHub } from "../flags/sharedFlags.ts";

/** Ids, pieces and UTF-8 byte ranges of a text, and what the tokenizer says about BOS. */
export const command = defineCommand({
  name: "tokens",
  description: "show what a model's tokenizer makes of a text: ids, pieces, UTF-8 byte ranges",
  declare: (command: Command) =>
    fromHub(
      command
        .argument("<model>", MODEL)
        .argument("<text>", "the text, in quotes")
        .option("--json", "print JSON and nothing else"),
    ),
  carryOut: async (flags: ModelFlags & OutputFlags, [name, text]: readonly [string, string]) => {
    const { inFrame } = await import("../frame.ts");
    const { openTokenizerBeside } = await import("../../models/openTokenizer.ts");
    const { visible } = await import("../../draw/visible.ts");
    const { common } = partFlags(flags);
    const { revision, offline } = common.model;
    const { tokenizer, vocabulary } = await inFrame(common, ({ signal }) =>
      openTokenizerBeside(name, { signal, revision, offline }),
    );
    const warning = misfit(tokenizer, vocabulary, text);
    if (warning !== null) process.stderr.write(`warning: ${visible(warning)}\n`);
    process.stdout.write(
      common.output.json ? tokensJson(tokenizer, text) : tokensText(tokenizer, text, visible),
    );
  },
});

/** What to tell where the tokenizer has ids that the model does not; null where it has none. */
function misfit(tokenizer: Tokenizer, vocabulary: number | null, text: string): string | null {
  if (vocabulary === null || tokenizer.vocabSize <= vocabulary) return null;
  const beyond = tokenizer.encode(text).find((id) => id >= vocabulary);
  const sizes = `it has ${tokenizer.vocabSize} tokens, the model ids from 0 to ${vocabulary - 1}`;
  return beyond === undefined
    ? `the tokenizer is larger than the model's vocabulary: ${sizes}`
    : `the tokenizer beside the model is not of this model: ${sizes}, and this text has the id ${beyond}`;
}

function tokensJson(tokenizer: Tokenizer, text: string): string {
  const ids = tokenizer.encode(text);
  const [pieces, ranges] = [tokenizer.pieces(ids), tokenizer.ranges(text)];
  const { bos, eos, description } = tokenizer;
  const normalised = tokenizer.decode(ids);
  const tokens = ids.map((id, index) => ({ id, piece: pieces[index], range: ranges[index] }));
  return `${JSON.stringify({ tokenizer: description, bos, eos, normalised, tokens })}\n`;
}

/** @param visible makes text from outside safe to show */
function tokensText(tokenizer: Tokenizer, text: string, visible: (text: string) => string): string {
  const ids = tokenizer.encode(text);
  const [pieces, ranges] = [tokenizer.pieces(ids), tokenizer.ranges(text)];
  const { bos, eos } = tokenizer;
  const normalised = tokenizer.decode(ids);
  const quote = (piece: string) => visible(JSON.stringify(piece)); // in quotes, so that spaces can be seen
  const width = Math.max(...ids.map((id) => String(id).length), 2);
  const rows = ids.map(
    (id, index) =>
      `${String(id).padStart(width)}  ${ranges[index]!.join("-").padEnd(9)}  ${quote(pieces[index]!)}`,
  );
  return [
    `${visible(tokenizer.description)}: ${plural(ids.length, "token")} of ${tokenizer.vocabSize}`,
    `BOS: ${bos.id === null ? "none" : `id ${bos.id}, ${bos.addToText ? "added" : "not added"} to text by default`} (${visible(bos.why)})`,
    ...(eos ? [`EOS: id ${eos.id}, behind the texts of encoders alone (${visible(eos.why)})`] : []),
    `${"id".padStart(width)}  bytes      piece`,
    ...rows,
    ...(normalised === text ? [] : [`the tokenizer reads this text as ${quote(normalised)}`]),
    "",
  ].join("\n");
}
