/**
 * @file SentencePiece's own file, `tokenizer.model`: pieces with scores and types, and how text is prepared.
 * Source: sentencepiece_model.proto of SentencePiece 0.2, whose defaults hold for fields that are not there.
 */
import { BinaryReader, type WireType } from "@bufbuild/protobuf/wire";
import { InputError } from "../../base/errors.ts";
import { TYPE } from "./pieceTypes.ts";
import type { PieceTable } from "./spmTokenizer.ts";

/** What is read of the file. */
export interface SentencePieceFile extends Omit<PieceTable, "unknown"> {
  /** unigram, bpe, word or char. */
  readonly kind: string;
  /** Ids of special tokens; -1 for none. */
  readonly unknown: number;
  readonly bos: number;
  readonly eos: number;
  readonly spacesBehind: boolean;
  /** How text is prepared: the table of rewrites, null for none, and what is done to spaces. */
  readonly table: Uint8Array | null;
  readonly addsPrefix: boolean;
  readonly dropsSpaces: boolean;
  readonly marksSpaces: boolean;
}

/** A field's value as it lies in the message. */
type Field = (reader: BinaryReader) => unknown;
type Fields = Readonly<Record<number, readonly [name: string, read: Field]>>;

const text: Field = (reader) => reader.string();
const bytes: Field = (reader) => reader.bytes();
const number: Field = (reader) => reader.int32();
const flag: Field = (reader) => reader.bool();
const float: Field = (reader) => reader.float();

const PIECE: Fields = { 1: ["piece", text], 2: ["score", float], 3: ["type", number] };
const TRAINER: Fields = {
  ...{ 3: ["kind", number], 24: ["spacesBehind", flag] },
  ...{ 40: ["unknown", number], 41: ["bos", number], 42: ["eos", number] },
};
const NORMALIZER: Fields = {
  ...{ 2: ["table", bytes], 3: ["addsPrefix", flag] },
  ...{ 4: ["dropsSpaces", flag], 5: ["marksSpaces", flag] },
};
const KINDS = [undefined, "unigram", "bpe", "word", "char"];

/**
 * The file's pieces and settings.
 *
 * @throws {InputError} "tokenizer" for what is no such file, such as another's of this name or one that is cut short
 */
export function sentencePieceFile(file: Uint8Array, name: string): SentencePieceFile {
  const parts = readParts(file, name);
  const trainer = { kind: 1, spacesBehind: false, unknown: 0, bos: 1, eos: 2, ...parts.trainer };
  const { table, ...normalizer } = {
    ...{ table: new Uint8Array(), addsPrefix: true, dropsSpaces: true, marksSpaces: true },
    ...parts.normalizer,
  };
  const pieces = parts.pieces as { piece?: string; score?: number; type?: number }[];
  if (pieces.length === 0 || pieces.some(({ piece }) => !piece))
    throw new InputError(
      "tokenizer",
      `${name} is no file of SentencePiece: it has no pieces, or pieces without text`,
    );
  return {
    ...trainer,
    kind: KINDS[trainer.kind] ?? String(trainer.kind),
    ...normalizer,
    table: table.length > 0 ? table : null,
    tokens: pieces.map(({ piece }) => piece!),
    scores: pieces.map(({ score }) => score ?? 0),
    types: pieces.map(({ type }) => type ?? TYPE.normal),
  };
}

type Message = Record<string, unknown>;

function readParts(file: Uint8Array, name: string) {
  const pieces: Message[] = [];
  let [trainer, normalizer]: [Message, Message] = [{}, {}];
  try {
    const reader = new BinaryReader(file);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 1) pieces.push(messageOf(reader, PIECE));
      else if (field === 2) trainer = messageOf(reader, TRAINER);
      else if (field === 3) normalizer = messageOf(reader, NORMALIZER);
      else skip(reader, type, field);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("tokenizer", `${name} is no file of SentencePiece (${reason})`, { cause });
  }
  return { pieces, trainer, normalizer };
}

function messageOf(outer: BinaryReader, fields: Fields): Message {
  const reader = new BinaryReader(outer.bytes());
  const message: Message = {};
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const known = fields[field];
    if (known) message[known[0]] = known[1](reader);
    else skip(reader, type, field);
  }
  return message;
}

/** The reader skips beyond the end without a word. */
function skip(reader: BinaryReader, type: WireType, field: number): void {
  reader.skip(type, field);
  if (reader.pos > reader.len) throw new Error("it is cut short");
}
