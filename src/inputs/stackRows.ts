/** @file Rows for stacks other than decoders: `[BOS] r r` for what reads tokens, and a block that a decoder is made to write. */
import { InputError } from "../base/errors.ts";
import { random } from "../base/random.ts";
import { tensor, type Tensor, type TensorData } from "../base/tensor.ts";
import type { Crossing } from "../measure/stackScores.ts";
import type { Repeats } from "../measure/repeats.ts";
import { drawnTokens } from "../models/drawnTokens.ts";
import type { Architecture } from "../models/family.ts";
import type { Program } from "../graph/program.ts";
import type { InputInfo } from "../results/common.ts";
import { fitPeriod } from "../text/patterns/fitPeriod.ts";
import { drawTokens } from "../text/patterns/tokenPattern.ts";
import { imageRows } from "./imageRows.ts";
import { noise } from "./noise.ts";
import { askedPeriod, bosFor, checkPeriod, DEFAULTS, type GeneratedInput } from "./scoreInput.ts";

/** Values of inputs for all rows, by the input's name: axes begin with batch. */
export type FedRows = ReadonlyMap<string, Tensor<TensorData>>;

export interface StackRows {
  /** What stacks read whose attention to themselves is scored. */
  readonly self: FedRows;
  /** Where the copies stand, by the input that a stack reads. */
  readonly repeats: ReadonlyMap<string, Repeats>;
  /** Images in which nothing repeats, beside those of `self`; null for a model that sees none. */
  readonly control: FedRows | null;
  /** What encoder and decoder read where the decoder is made to write what the encoder reads; null for other models. */
  readonly across: CrossRows | null;
  /** Rows in words, by run: `the encoder reads r r </s>`. */
  readonly words: { readonly self: string; readonly across: string; readonly images: string };
  readonly info: InputInfo;
  readonly warnings: readonly string[];
}

export interface CrossRows {
  readonly copied: FedRows;
  /** The same decoder rows beside encoder rows of other tokens: the control of the loss. */
  readonly other: FedRows;
  readonly crossing: Crossing;
}

/** Inputs of tokens, each of a stack of its own. */
const TOKENS = ["tokens", "encoder", "decoder"] as const;

/**
 * Generated rows for a model with several stacks or for an encoder.
 *
 * @throws {InputError} "range" for requested sizes that do not fit, "bos" if BOS is requested for a model without, "config" for
 *   a decoder whose row has nothing to start with
 */
export function stackRows(
  program: Program,
  architecture: Architecture,
  options: GeneratedInput = {},
): StackRows {
  const { numExamples: examples = DEFAULTS.numExamples, seed = DEFAULTS.seed } = options;
  const { bosToken, policy } = bosFor(architecture, options.bos ?? DEFAULTS.bos);
  const reads = TOKENS.filter((name) => program.inputs.some((input) => input.name === name));
  if (reads.length === 0) checkNoTokens(options);
  const explicit = options.seqLen !== undefined;
  const request = { period: askedPeriod(options, examples), explicit };
  const ends = endsOf(reads, architecture, bosToken);
  const images = architecture.image && imageRows(architecture.image, examples, seed);
  const draw = reads.length > 0 ? blocksFor(architecture, ends, request, { examples, seed }) : null;
  const blocks = draw?.blocks ?? { first: [], last: [] };
  const period = draw?.period ?? images!.repeats.period;
  const self = ends.map(
    (end) =>
      [end.input, rowsOf(end, end.input === "decoder" ? blocks.last : blocks.first, 2)] as const,
  );
  const sound = soundOf(program, examples, seed);
  const repeats = ends.map(({ input, before, after }) => {
    const [start, length] = [before.length, before.length + 2 * period + after.length];
    return [input, { start, period, length }] as const;
  });
  const imageRepeats = images ? [["pixels", images.repeats] as const] : [];
  const pixels = images ? [["pixels", images.repeated] as const] : [];
  return {
    self: new Map<string, Tensor<TensorData>>([...self, ...sound, ...pixels]),
    control: images ? new Map([["pixels", images.control]]) : null,
    repeats: new Map<string, Repeats>([...repeats, ...imageRepeats]),
    across: acrossOf(ends, blocks, period),
    words: { self: wordsOf(ends, 2), across: wordsOf(ends, 1), images: IMAGES },
    warnings: [...(draw?.warning ? [draw.warning] : []), ...(sound.length > 0 ? [NOISE] : [])],
    info: {
      ...{ kind: "repeated", seed, examples, period, tokensSha256: null },
      ...{ bos: bosToken !== null && ends[0]?.before[0] === bosToken, bosToken, bosPolicy: policy },
      length: (repeats[0]?.[1] ?? images!.repeats).length,
      ...(draw && { drawn: draw.drawn }),
    },
  };
}

/** Blocks of random tokens, a row for each example: two that share no token where an encoder and a decoder read. */
interface Blocks {
  readonly first: readonly (readonly number[])[];
  readonly last: readonly (readonly number[])[];
}

function blocksFor(
  architecture: Architecture,
  ends: readonly RowEnd[],
  request: { readonly period: number; readonly explicit: boolean },
  { examples, seed }: { readonly examples: number; readonly seed: number },
) {
  const { ids, leftOut, source } = drawnTokens(architecture);
  const distinctBlocks = ends.some(({ input }) => input === "encoder") ? 2 : 1;
  const { period, warning } = fitPeriod({
    ...request,
    contextLength: shortest(ends, architecture),
    start: Math.max(...ends.map(({ before, after }) => before.length + after.length)),
    ordinary: ids.length,
    distinctBlocks,
  });
  checkPeriod(period);
  const rows = Array.from({ length: examples }, (_, row) =>
    drawTokens(random(seed, row), distinctBlocks * period, ids),
  );
  const blocks: Blocks = {
    first: rows.map((row) => row.slice(0, period)),
    last: rows.map((row) => row.slice(-period)),
  };
  return {
    blocks,
    period,
    warning,
    drawn: { tokens: ids.length, leftOut: { ...leftOut }, source },
  };
}

/** One copy in each row, for a model that has both encoder and decoder of tokens. */
function acrossOf(
  ends: readonly RowEnd[],
  { first, last }: Blocks,
  period: number,
): CrossRows | null {
  const [encoder, decoder] = ["encoder", "decoder"].map((name) =>
    ends.find(({ input }) => input === name),
  );
  if (!encoder || !decoder) return null;
  const beside = (read: Blocks["first"]): FedRows =>
    new Map([
      ["encoder", rowsOf(encoder, read, 1)],
      ["decoder", rowsOf(decoder, first, 1)],
    ]);
  const lead = encoder.before.length;
  return {
    copied: beside(first),
    other: beside(last),
    crossing: {
      ...{ period, lead, source: lead + period + encoder.after.length },
      length: decoder.before.length + period,
    },
  };
}

/** @throws {InputError} "options" for what only rows of tokens have */
function checkNoTokens({ seqLen, bos = "auto" }: GeneratedInput): void {
  const option = seqLen !== undefined ? "seqLen" : bos === "auto" || bos === "off" ? null : "bos";
  if (option === null) return;
  throw new InputError(
    "options",
    `\`${option}\` is for rows of tokens, and this model sees images, of which the lower half repeats the upper`,
    { option },
  );
}

const IMAGES = "images are noise, r r of patches row by row: the lower half is the upper again";
const NOISE =
  "the encoder hears noise, so its attention and the decoder's attention to it have no tokens to be scored by";

/** What stands before and after the block in the rows of an input. */
interface RowEnd {
  readonly input: (typeof TOKENS)[number];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function endsOf(
  reads: readonly RowEnd["input"][],
  { rowEnds }: Architecture,
  bosToken: number | null,
): RowEnd[] {
  const bos = bosToken === null ? [] : [bosToken];
  const { decoderStart = null, encoderEnd = null } = rowEnds ?? {};
  return reads.map((input) => {
    if (input === "tokens") return { input, before: bos, after: [] };
    if (input === "encoder")
      return { input, before: bos, after: encoderEnd === null ? [] : [encoderEnd] };
    if (decoderStart !== null) return { input, before: [decoderStart], after: [] };
    throw new InputError(
      "config",
      "a decoder's row needs a token to start with, and the configuration declares no decoder_start_token_id, pad_token_id or bos_token_id",
    );
  });
}

/** Most tokens that every stack with tokens has room for. */
function shortest(ends: readonly RowEnd[], { stacks, contextLength }: Architecture): number {
  const names = ends.map(({ input }) => (input === "tokens" ? "text" : input));
  const lengths = (stacks ?? []).flatMap(({ name, length }) =>
    names.some((each) => each === name) ? [length] : [],
  );
  return Math.min(...lengths, ...(lengths.length === 0 ? [contextLength] : []));
}

/** Each block so many times, between what stands around it. */
function rowsOf(
  { before, after }: RowEnd,
  blocks: Blocks["first"],
  copies: 1 | 2,
): Tensor<Int32Array> {
  const rows = blocks.map((block) => [
    ...before,
    ...block,
    ...(copies === 2 ? block : []),
    ...after,
  ]);
  const ids = Int32Array.from(rows.flat());
  return tensor(["batch", "position"], [rows.length, rows[0]!.length], ids);
}

/** Noise where a model hears. */
function soundOf(
  { inputs }: Program,
  examples: number,
  seed: number,
): [string, Tensor<TensorData>][] {
  const input = inputs.find(({ name }) => name === "features");
  if (!input) return [];
  const shape = [examples, ...input.axes.slice(1).map(({ size }) => Number(size))];
  const axes = input.axes.map(({ name }) => name);
  return [[input.name, noise(axes, shape, seed)]];
}

/** `the encoder reads r r [1], the decoder [0] s s`. */
function wordsOf(ends: readonly RowEnd[], copies: 1 | 2): string {
  const ids = (list: readonly number[]) => list.map((id) => `[${id}]`);
  const several = ends.length > 1 && copies === 2;
  return ends
    .map(({ input, before, after }) => {
      const block = several && input === "decoder" ? "s" : "r";
      const row = [...ids(before), ...Array<string>(copies).fill(block), ...ids(after)].join(" ");
      return input === "tokens" ? `rows are ${row}` : `the ${input} reads ${row}`;
    })
    .join(", ");
}
