/** @file The added and special tokens of folders without a tokenizer.json: what the files beside the vocabulary say of them. */
import { InputError } from "../../base/errors.ts";
import { addedToken } from "./addedToken.ts";
import { contentOf } from "./bosOfFiles.ts";
import type { AddedToken } from "./pipelineTokenizer.ts";
import type { TokenizerClass } from "./tokenizerClasses.ts";
import { parsedObject } from "./tokenizerFromJson.ts";

type Json = Readonly<Record<string, unknown>>;

/** Contents of the files beside a vocabulary, as text; left out or null: there is no such file. */
export interface FilesBeside {
  /** tokenizer_config.json */
  readonly config?: string | null | undefined;
  /** added_tokens.json */
  readonly addedTokens?: string | null | undefined;
  /** special_tokens_map.json */
  readonly specialTokensMap?: string | null | undefined;
  /** config.json */
  readonly modelConfig?: string | null | undefined;
}

/** A vocabulary, and the file that messages say it is in. */
export interface NamedVocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly file: string;
}

const SPECIAL_KEYS = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map(
  (key) => `${key}_token`,
);

/**
 * Added tokens, and special_tokens_map.json where it counts.
 *
 * Added tokens are those of `added_tokens_decoder` in tokenizer_config.json; only where that is missing are
 * added_tokens.json and special_tokens_map.json read. Special tokens that no file gives an id follow the last id.
 *
 * @throws {InputError} "tokenizer" for what is malformed, and ids that two tokens have
 */
export function addedTokensOfFiles(
  files: FilesBeside,
  config: Json,
  of: TokenizerClass,
  vocabulary: NamedVocabulary,
): { added: AddedToken[]; specials: Json } {
  const decoder = config.added_tokens_decoder;
  const specials =
    decoder === undefined ? fileOf(files.specialTokensMap, "special_tokens_map.json") : {};
  const tokens = new Map([...vocabulary.ids].map(([token, id]) => [id, token]));
  const checked = (id: number, content: string, flags: Json, isNamed: boolean) => {
    checkIdOfOwn(id, content, tokens.get(id), vocabulary);
    return addedToken(id, content, flags.special === true || isNamed, flags);
  };
  const names = namesOfSpecials({ ...of.specials, ...config, ...specials });
  const withIds: [number, string, Json][] =
    decoder === undefined
      ? Object.entries(fileOf(files.addedTokens, "added_tokens.json")).map(([content, id]) => [
          Number(id),
          content,
          {},
        ])
      : Object.entries(parsedObject(decoder, "tokenizer_config.json: added_tokens_decoder")).map(
          ([id, token]) => [Number(id), contentOf(token) ?? "", Object(token) as Json],
        );
  const added = withIds
    .sort(([first], [other]) => first - other)
    .map(([id, content, flags]) => checked(id, content, flags, names.has(content)));
  let next = Math.max(-1, ...added.map(({ id }) => id), largestOf(vocabulary.ids)) + 1;
  for (const [content, flags] of names) {
    if (added.some((each) => each.content === content)) continue;
    added.push(checked(vocabulary.ids.get(content) ?? next++, content, flags, true));
  }
  return { added, specials };
}

/** Special tokens by content, in the reference's order, with what the files say of spaces around them. */
export function namesOfSpecials(settings: Json): Map<string, Json> {
  const more = [settings.extra_special_tokens ?? settings.additional_special_tokens ?? []].flat();
  const extra = more.flatMap((each) =>
    typeof each === "string" || contentOf(each) !== null
      ? [each]
      : Object.values(Object(each) as Json),
  );
  const tokens = [...SPECIAL_KEYS.map((key) => settings[key]), ...extra];
  const names = new Map<string, Json>();
  for (const token of tokens) {
    const content = contentOf(token);
    if (content !== null && content !== "" && !names.has(content))
      names.set(content, typeof token === "string" ? {} : (token as Json));
  }
  return names;
}

/** @param there the token that the vocabulary has under that id */
function checkIdOfOwn(
  id: number,
  content: string,
  there: string | undefined,
  { ids, file }: NamedVocabulary,
): void {
  const own = ids.get(content) ?? id;
  const other = there ?? content;
  if (content !== "" && Number.isInteger(id) && id >= 0 && own === id && other === content) return;
  throw new InputError(
    "tokenizer",
    `an added token needs text and an id of its own, got ${JSON.stringify(content)} with ${id}; ${file} has ${JSON.stringify(own === id ? { [other]: id } : { [content]: own })}`,
  );
}

function largestOf(vocab: ReadonlyMap<string, number>): number {
  let largest = -1;
  for (const id of vocab.values()) largest = Math.max(largest, id);
  return largest;
}

/** A file as JSON; empty if there is none. */
export function fileOf(text: string | null | undefined, name: string): Json {
  return text === null || text === undefined ? {} : parsedObject(text, name);
}
