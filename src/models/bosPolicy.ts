/** @file What BOS is for a model, and whether rows that are made for it begin with it: decided here and nowhere else. */

import type { EosPolicy } from "../text/tokenizer/tokenizer.ts";

/** One decision, and where it comes from. */
export interface RowBos {
  /** The id; null if the model has none. */
  readonly token: number | null;
  /** Whether rows begin with it unless the caller says otherwise. */
  readonly add: boolean;
  readonly reason: string;
  /** The file that decides; null where the architecture does. */
  readonly source: string | null;
}

/** What a configuration says. */
interface DeclaredConfig {
  readonly bosToken: number | null;
  readonly family: string;
  readonly vocabulary: number;
}

/** What the tokenizer's files say about BOS, apart from the template, which is about texts. */
export interface TokenizerBos {
  /** The name of BOS; null if a file says that there is none, undefined if no file says anything. */
  readonly content: string | null | undefined;
  /** Its id; null if it has none. */
  readonly id: number | null;
  /** The file that says so, or the class that a file names. */
  readonly source: string | null;
}

/** Families that are trained without BOS, though their config.json has a `bos_token_id`. */
const WITHOUT_BOS = /^qwen/;

/** Families whose tokenizers name a BOS, too, that no text of their training had: BLOOM's documents end with `</s>`, and that is all. */
const NEVER_SEEN = /^bloom$/;

/**
 * Whether generated rows begin with BOS, and with which id.
 *
 * The tokenizer's files come first: one that says `bos_token` is null belongs to a model that never saw one (Qwen), and the
 * `bos_token_id` of config.json counts for nothing; one that names a token has that token. Where they say nothing, config.json
 * counts, unless the family is known to be trained without. BLOOM's files name a token that its training never had. `add_bos_token` is not asked: it is about texts, and GPT-2's
 * and Pythia's say no though their training text has the token before every document.
 *
 * @param files null if the model has no tokenizer
 * @see TransformerLens 4.3, whose `default_prepend_bos` is true but for families that its adapters name. Of these BLOOM, Qwen and
 *   SmolLM3 (whose files say that there is none) have none here either; GPT-NeoX, MPT, Phi and Granite have theirs, which is
 *   the token that ends each document, so that their training text has it before the next
 */
export function bosOfRows(
  { bosToken, family, vocabulary }: DeclaredConfig,
  files: TokenizerBos | null,
): RowBos {
  const without = (reason: string, source: string | null): RowBos => ({
    ...{ token: null, add: false, reason, source },
  });
  const declared = bosToken === null ? "" : `, though config.json has bos_token_id ${bosToken}`;
  if (files?.content === null)
    return without(`${files.source} says that there is no BOS${declared}`, files.source);
  if (NEVER_SEEN.test(family))
    return without(`${family} is trained without BOS, though its tokenizer names one`, null);
  const tokenOfFiles = typeof files?.content === "string" ? files.id : null;
  if (tokenOfFiles === null && WITHOUT_BOS.test(family))
    return without(`${family} is trained without BOS${declared}`, null);
  const token = tokenOfFiles ?? bosToken;
  if (token === null) return without("the model declares no BOS id", null);
  const [source, says] =
    tokenOfFiles === null
      ? ["config.json", `the model declares BOS id ${token}`]
      : [
          files!.source,
          `${files!.source} names BOS ${JSON.stringify(files!.content)}, id ${token}`,
        ];
  if (token >= vocabulary)
    return without(`${says}, which the model's ${vocabulary} ids do not have`, source);
  const other = bosToken !== null && bosToken !== token ? `, config.json ${bosToken}` : "";
  return { token, add: true, reason: `${says}${other}`, source };
}

/** `ids` with BOS in front, once: a text that begins with it already gets no second. */
export function withBos(ids: readonly number[], bos: number | null): number[] {
  return bos === null || ids[0] === bos ? [...ids] : [bos, ...ids];
}

/** What a Result says of the EOS that the tokenizer's files put behind a text; nothing where they put none. */
export function eosInWords(eos: EosPolicy | null | undefined): { readonly eosPolicy?: string } {
  if (!eos) return {};
  return {
    eosPolicy: `id ${eos.id} is not added, though ${eos.why}: a text is read as one that goes on, and nothing in it sees what is behind`,
  };
}
