/** @file Encoders and models of several stacks: their scores, direction by direction, and where the heads of a layer look. */
import {
  InputError,
  runModel,
  scoreStacks,
  stackRows,
  type FedRows,
  type ModelInputs,
  type Tensor,
} from "induction-lens/browser";
import { idsInText } from "induction-lens/report";
import type { AnswerOptions } from "./answerOptions.ts";
import { examplesFor, type Held, type OpenModel } from "./held.ts";
import type { Requests, StackChoice, StackLook } from "./protocol.ts";
import { writtenFor } from "./sequence.ts";

export async function scoreStacksOf(
  _: Requests["scoreStacks"]["args"],
  { open }: Held,
  { signal, progress, givingWay }: AnswerOptions,
): Promise<Requests["scoreStacks"]["answer"]> {
  const { model, backend, facts } = open;
  return scoreStacks(model, {
    ...{ backend: givingWay(backend), numExamples: examplesFor(facts), signal, progress },
  });
}

/** Rows are generated as those that are scored, but for their seed and the length of the block; or they are the reader's text. */
export async function lookStacksOf(
  choice: Requests["lookStacks"]["args"],
  { open }: Held,
  { signal, progress }: AnswerOptions,
): Promise<StackLook> {
  const { model, backend } = open;
  const { isCross, layer, text } = choice;
  const rows = text === null ? randomRows(open, choice) : await ownRows(open, text);
  const name = choice.values.replace("blocks.L.", `blocks.${layer}.`);
  let captured: Pick<StackLook, "patterns" | "heads" | "length" | "keyCount"> | null = null;
  await runModel(model, {
    ...{ backend, inputs: inputsOf(rows), names: [name], signal, progress },
    receive: (_, __, { shape, data }) => {
      const [, heads, length, keyCount] = shape as readonly [number, number, number, number];
      captured = { patterns: new Float32Array(data), heads, length, keyCount };
    },
  });
  const [own, other] = [inputOf(choice, rows), isCross ? "encoder" : inputOf(choice, rows)];
  const { image } = model.architecture;
  const piecesOf = (input: string) =>
    input === "pixels" ? [] : writtenFor(open)([...(rows.get(input)!.data as Int32Array)]);
  return {
    ...captured!,
    queries: piecesOf(own),
    keys: piecesOf(other),
    patches:
      own === "pixels" && image
        ? { side: Math.floor(image.size / image.patch), before: image.before }
        : null,
  };
}

/** The input in whose rows the queries stand. */
function inputOf({ stack }: StackChoice, rows: FedRows): string {
  if (rows.has(stack)) return stack;
  return stack === "vision" || !rows.has("tokens") ? "pixels" : "tokens";
}

function randomRows({ model }: OpenModel, { isCross, period, seed }: StackChoice): FedRows {
  const { program, architecture } = model;
  const readsTokens = program.inputs.some(({ type }) => type === "int32");
  const rows = stackRows(program, architecture, {
    ...{ numExamples: 1, seed },
    ...(readsTokens && { seqLen: 2 * period }),
  });
  return isCross ? rows.across!.copied : rows.self;
}

/** The text as the encoder reads it, and as the decoder is made to write it. */
async function ownRows({ model, tokenizer }: OpenModel, text: string): Promise<FedRows> {
  const { program, architecture } = model;
  const { vocabulary, rowEnds } = architecture;
  const { decoderStart = null, encoderEnd = null } = rowEnds ?? {};
  const ids = tokenizer ? await model.tokens(text) : idsInText(text, vocabulary);
  if (ids.length < 2)
    throw new InputError(
      "tokens",
      `attention needs two tokens or more, this text has ${ids.length}`,
    );
  const isEnded = encoderEnd === null || ids.at(-1) === encoderEnd;
  const block = isEnded && encoderEnd !== null ? ids.slice(0, -1) : ids;
  const rows: Record<string, readonly number[]> = {
    tokens: ids,
    encoder: isEnded ? ids : [...ids, encoderEnd],
    decoder: [decoderStart ?? 0, ...block],
  };
  const read = program.inputs.filter(({ name }) => name in rows);
  if (read.length === 0) throw new InputError("tokens", "this model reads no text");
  const others = generatedOthers(model);
  return new Map([...others, ...read.map(({ name }) => [name, rowOf(rows[name]!)] as const)]);
}

/** What a model reads beside text: noise. */
function generatedOthers({ program, architecture }: OpenModel["model"]) {
  return [...stackRows(program, architecture, { numExamples: 1 }).self].filter(
    ([name]) => name === "pixels" || name === "features",
  );
}

function rowOf(ids: readonly number[]): Tensor<Int32Array> {
  return { axes: ["batch", "position"], shape: [1, ids.length], data: Int32Array.from(ids) };
}

/** Rows as a run takes them. */
function inputsOf(rows: FedRows): ModelInputs {
  return Object.fromEntries(
    [...rows].map(([name, { shape, data }]) => [
      name,
      data instanceof Int32Array ? [[...data]] : { shape, data },
    ]),
  );
}
