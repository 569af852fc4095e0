/** @file What the files of a tokenizer say about its ids, without making the tokenizer: which are text, and which is BOS. */
import { InputError } from "../base/errors.ts";
import { namedBos } from "../text/tokenizer/bosOfFiles.ts";
import { bytesOfToken } from "../text/tokenizer/byteAlphabet.ts";
import { hasStep } from "../text/tokenizer/textPipeline.ts";
import { tokenizerClassOf } from "../text/tokenizer/tokenizerClasses.ts";
import { parsedObject } from "../text/tokenizer/tokenizerFromJson.ts";
import { namesOfSpecials } from "../text/tokenizer/addedTokensOfFiles.ts";
import type { TokenizerBos } from "./bosPolicy.ts";
import type { NotText } from "./notText.ts";
import type { OlderFiles } from "../text/tokenizer/olderFiles.ts";
import {
  olderFilesIn,
  SENTENCE_PIECE,
  type FolderBytes,
  type FolderText,
} from "./tokenizerFiles.ts";

type Json = Readonly<Record<string, unknown>>;

/** Ids of a tokenizer. */
export interface Vocabulary {
  /** The file that it is in. */
  readonly source: string;
  /** Why each id is not text; undefined for ids that are text and for ids that the tokenizer does not have. */
  readonly notText: ReadonlyMap<number, NotText>;
  readonly has: (id: number) => boolean;
  readonly bos: TokenizerBos;
}

/** A token with its id. */
export interface ListedToken {
  readonly id: number;
  readonly content: string;
}

/**
 * The vocabulary in the files of a folder; null if there is none.
 *
 * @throws {InputError} "tokenizer" for one that cannot be read: the model is sound without it; "file" as `text` does
 */
export async function vocabularyIn(
  text: FolderText,
  bytes?: FolderBytes,
): Promise<Vocabulary | null> {
  try {
    const file = await jsonOf(text, "tokenizer.json");
    const config = (await jsonOf(text, "tokenizer_config.json")) ?? {};
    const model = (await jsonOf(text, "config.json")) ?? {};
    if (file) return fromJson(file, config, model);
    const vocabulary = await fromVocab(text, config, model);
    const pieces = vocabulary === null && bytes ? await bytes(SENTENCE_PIECE) : null;
    if (pieces) return await fromPieces(pieces, text, config);
    const older = vocabulary === null ? await olderFilesIn(text, bytes) : null;
    return older ? await fromOlder(older, config, model) : vocabulary;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("tokenizer", `the tokenizer's files are malformed: ${String(error)}`, {
      cause: error,
    });
  }
}

/** vocab.json, with what the files beside it and the class say of its special and added tokens. */
async function fromVocab(text: FolderText, config: Json, model: Json): Promise<Vocabulary | null> {
  const vocab = await jsonOf(text, "vocab.json");
  if (!vocab) return null;
  const tokens = Object.entries((config.added_tokens_decoder ?? {}) as Json).map(([id, token]) => ({
    ...(token as object),
    id: Number(id),
  }));
  const legacy = Object.entries((await jsonOf(text, "added_tokens.json")) ?? {}).map(
    ([content, id]) => ({ content, id, special: false }),
  );
  const specials = (await jsonOf(text, "special_tokens_map.json")) ?? {};
  const [added, map] = tokens.length > 0 ? [tokens, {}] : [legacy, specials];
  const { of } = tokenizerClassOf(config, model);
  const ids = new Map(Object.entries(vocab) as [string, number][]);
  for (const { content, id } of added as ListedToken[]) ids.set(content, id);
  const special = [...namesOfSpecials({ ...of?.specials, ...config, ...map }).keys()].flatMap(
    (content) => (ids.has(content) ? [{ content, id: ids.get(content), special: true }] : []),
  );
  return vocabularyOf("vocab.json", vocab, [...added, ...special], true, bosIn(config, map, model));
}

async function fromPieces(file: Uint8Array, text: FolderText, config: Json): Promise<Vocabulary> {
  const { classOfFile, withAdded } =
    await import("../text/tokenizer/tokenizerFromSentencePiece.ts");
  const { sentencePieceFile } = await import("../text/tokenizer/sentencePieceFile.ts");
  const pieces = sentencePieceFile(file, SENTENCE_PIECE);
  const legacy = (await jsonOf(text, "added_tokens.json")) ?? {};
  const { tokens, types } = withAdded(pieces, config, legacy);
  const bos = namedBos(config, {}, classOfFile(pieces, SENTENCE_PIECE));
  const id = bos.content === null ? -1 : tokens.indexOf(bos.content);
  return {
    source: SENTENCE_PIECE,
    notText: notTextOf(tokens, types, isPiece),
    has: (each) => each in tokens,
    bos: { ...bos, id: id < 0 ? null : id },
  };
}

async function fromOlder(files: OlderFiles, config: Json, model: Json): Promise<Vocabulary> {
  const { olderVocabulary } = await import("../text/tokenizer/olderFiles.ts");
  return fromJson(olderVocabulary(files).file, config, model, files.name);
}

function fromJson(file: Json, config: Json, model: Json, source = "tokenizer.json"): Vocabulary {
  const { vocab, unk_token, unk_id } = Object(file.model) as Json;
  const byteLevel = hasStep(file.decoder, "ByteLevel") || hasStep(file.pre_tokenizer, "ByteLevel");
  const pairs = Array.isArray(vocab)
    ? Object.fromEntries(vocab.map((piece: unknown, id) => [String((piece as unknown[])[0]), id]))
    : (Object(vocab) as Json);
  const unknown = Array.isArray(vocab) ? Object(vocab[unk_id as number])[0] : unk_token;
  const added = [(file.added_tokens ?? []) as object[]].flat();
  if (Object.keys(pairs).length === 0)
    throw new InputError("tokenizer", `${source} has no model.vocab`);
  const missing = typeof unknown === "string" && unknown in pairs;
  const specials = missing ? [{ id: pairs[unknown], content: unknown, special: true }] : [];
  return vocabularyOf(source, pairs, [...added, ...specials], byteLevel, bosIn(config, {}, model));
}

/** The name of BOS; its id is looked up in the vocabulary. */
type NamedBos = Omit<TokenizerBos, "id">;

function bosIn(config: Json, specials: Json, model: Json): NamedBos {
  const { of } = tokenizerClassOf(config, model);
  const { content, source } = namedBos(config, specials, of);
  return { content: source === null ? undefined : content, source };
}

function vocabularyOf(
  source: string,
  vocab: Json,
  added: readonly object[],
  byteLevel: boolean,
  bos: NamedBos,
): Vocabulary {
  const ids = new Set<number>();
  const notText = new Map<number, NotText>();
  const whole = byteLevel ? isWhole : isPiece;
  for (const [token, id] of Object.entries(vocab) as [string, number][]) {
    ids.add(id);
    if (UNUSED.test(token)) notText.set(id, "unused");
    else if (!whole(token)) notText.set(id, "bytes");
  }
  for (const token of added as readonly (ListedToken & { special?: unknown })[]) {
    ids.add(token.id);
    notText.set(
      token.id,
      token.special === true || notText.get(token.id) === "special" ? "special" : "added",
    );
  }
  const { content } = bos;
  const entry = (added as readonly ListedToken[]).find((each) => each.content === content);
  const id = typeof content === "string" ? (entry?.id ?? (vocab[content] as number) ?? null) : null;
  return { source, notText, has: (each) => ids.has(each), bos: { ...bos, id } };
}

/** The vocabulary in a GGUF's metadata; null if it has no list of tokens. */
export function vocabularyOfGguf(metadata: ReadonlyMap<string, unknown>): Vocabulary | null {
  const value = (key: string) => metadata.get(`tokenizer.ggml.${key}`);
  const tokens = value("tokens");
  if (!Array.isArray(tokens)) return null;
  const types = (value("token_type") ?? []) as ArrayLike<number>;
  const whole = value("model") === "gpt2" ? isWhole : isPiece;
  const notText = notTextOf(tokens.map(String), types, whole);
  const bosId = value("bos_token_id");
  const id = typeof bosId === "number" && bosId in tokens ? bosId : null;
  const flag = value("add_bos_token");
  return {
    source: "the GGUF",
    notText,
    has: (each) => each in tokens,
    // a GGUF has no way to say that there is no BOS: converters write an id that means something else
    bos: {
      content: id !== null && flag === true ? String(tokens[id]) : undefined,
      id,
      source: id === null ? null : "the GGUF",
    },
  };
}

/** Which tokens of a table with types are no text. */
function notTextOf(
  tokens: readonly string[],
  types: ArrayLike<number>,
  whole: (token: string) => boolean,
): Map<number, NotText> {
  const notText = new Map<number, NotText>();
  tokens.forEach((token, id) => {
    const reason = TYPES[Number(types[id] ?? 1)];
    if (reason) notText.set(id, reason);
    else if (UNUSED.test(token)) notText.set(id, "unused");
    else if (!whole(token)) notText.set(id, "bytes");
  });
  return notText;
}

/** `tokenizer.ggml.token_type`, and the type of SentencePiece's pieces, of what is no text. */
const TYPES: Readonly<Record<number, NotText>> = {
  ...{ 2: "special", 3: "special", 4: "added", 5: "unused", 6: "bytes" },
};

/** Places that a vocabulary keeps free, as Gemma's and BERT's. */
const UNUSED = /^[<[]\|?unused_?\d+\|?[>\]]$/i;

const strict = new TextDecoder("utf-8", { fatal: true });

/** Whether a token of a byte-level vocabulary is whole characters. */
function isWhole(token: string): boolean {
  if (/^[!-~\u0120\u010a\u0109]+$/.test(token)) return true; // ASCII, spaces, line ends and tabs
  try {
    strict.decode(bytesOfToken(token));
    return token !== "";
  } catch {
    return false;
  }
}

/** Whether a piece of SentencePiece is not a byte. */
function isPiece(piece: string): boolean {
  return piece !== "" && !/^<0x[0-9A-Fa-f]{2}>$/.test(piece);
}

async function jsonOf(text: FolderText, name: string): Promise<Json | null> {
  const json = await text(name);
  return json === null ? null : parsedObject(json, name);
}
