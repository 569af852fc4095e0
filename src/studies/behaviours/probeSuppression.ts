/** @file Copy suppression on a text: heads that look at an earlier token which the layers before predict, and lower its logit. */
import { throwIfAborted } from "../../base/errors.ts";
import { random } from "../../base/random.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { Trace } from "../../base/backend.ts";
import { builder } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import { ancestorsOf, type Program } from "../../graph/program.ts";
import { rowOf, sequencesOf } from "../../inputs/sequences.ts";
import { backThroughPassage, frozenScales } from "../../interventions/passages.ts";
import {
  LENS_INPUTS,
  targetDirections,
  unembeddingRows,
} from "../../interventions/targetDirections.ts";
import { mostPredicted, suppressionScore } from "../../measure/suppression.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import {
  requirePart,
  type EndAnatomy,
  type Passage,
  type ProgramAnatomy,
} from "../../models/anatomy/programAnatomy.ts";
import { hookName, residBefore } from "../../models/anatomy/hookNames.ts";
import { kvHeadOf } from "../../models/kvHeadOf.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { canRun } from "../common/canRun.ts";
import { cutUp } from "../text/pieces.ts";
import type { BehaviourWords } from "./behaviourWords.ts";
import { isFunctionWord } from "./functionWords.ts";
import { zerosByHead, type Probe, type ProbeAnswer, type ProbeContext } from "./probe.ts";

/** Tokens of a piece, and pieces at most. */
const LONGEST = 96;
const MOST_PIECES = 16;
/** Positions with less before them have little to look at. */
const FIRST = 8;

const WORDS: BehaviourWords = {
  name: "copySuppression",
  title: "copy suppression",
  formula:
    "- mean over positions d of A[d, s] v[s] W_O . direction that raises the centred logit of token[s] at d, s the earlier token (no function word) that the logit lens before the layer predicts most at d; control: s another earlier token, drawn at random",
  source:
    "McDougall et al. 2023 (arXiv:2310.04625), on a text of the user; direct effect, final norm frozen",
  kind: "logits",
};

export const SUPPRESSION: Probe = {
  name: "predictions",
  behaviours: [WORDS.name],
  measure: async (context) => {
    const { model, texts } = context;
    if (texts.length === 0) return "it is measured on a text, and none was given (`texts`, --file)";
    const why = canRun("lens", model) ?? canRun("circuit", model);
    if (why !== null) return why;
    const whole = await textPieces(context);
    if (whole.length === 0) return `the text has no piece of ${FIRST + 2} tokens`;
    const pieces = whole.filter(hasSource);
    return pieces.length === 0
      ? `no piece of the text has an earlier word, other than the current one, from token ${FIRST} on`
      : suppression(context, pieces);
  },
};

/** A piece of a text: tokens, whether each may be a source, and a random earlier position for each. */
export interface TextPiece {
  readonly tokens: readonly number[];
  readonly isWord: readonly boolean[];
  readonly start: number;
}

export async function textPieces({
  model,
  tokenizer,
  texts,
  source,
}: Pick<ProbeContext, "model" | "tokenizer" | "texts" | "source">): Promise<TextPiece[]> {
  const length = Math.min(LONGEST, model.architecture.contextLength);
  const bos = source.bos === null ? "off" : "on";
  const all = await sequencesOf(model, { texts, bos }, { longest: Infinity });
  const { sequences, starts } = cutUp(all, length);
  return sequences
    .map(({ tokens, pieces }, index) => ({
      tokens,
      isWord: pieces.map((piece) => tokenizer !== null && !isFunctionWord(piece)),
      start: starts[index]!,
    }))
    .filter(({ tokens }) => tokens.length === Math.min(length, sequences[0]!.tokens.length))
    .filter(({ tokens }) => tokens.length >= FIRST + 2)
    .slice(0, Math.min(MOST_PIECES, source.examples));
}

/** Whether some position has an earlier word to look at: a piece without any says nothing, and not that heads suppress nothing. */
function hasSource({ tokens, isWord, start }: TextPiece): boolean {
  return tokens.some(
    (token, query) =>
      query >= FIRST &&
      tokens.some((other, key) => key >= start && key < query && isWord[key] && other !== token),
  );
}

const SEEN = "suppression.lens";
const SEEN_TOKENS = "suppression_tokens";
const readName = (layer: number) => `suppression.read.${layer}`;

interface Sessions {
  /** Streams, patterns, values and what directions need, of one row. */
  readonly forward: Session;
  /** From a stream in the place of the last: the logits of the row's own tokens at each position. */
  readonly lens: Session;
  /** By layer: what each head's output is worth for each position's target. */
  readonly reading: Session;
  readonly stream: string;
  /** Values of a forward run that `reading` begins with. */
  readonly needs: readonly string[];
}

async function openSessions({ model, backend }: ProbeContext, length: number): Promise<Sessions> {
  const { stream, needs, forward, lens, reading } = programsOf(model);
  const sizes = { batch: 1, position: length };
  return {
    ...{ stream, needs },
    forward: await prepare(forward, backend, sizes),
    lens: await prepare(lens, backend, { ...sizes, [SEEN_TOKENS]: length }),
    reading: await prepare(reading, backend, { ...sizes, [LENS_INPUTS.positions]: length }),
  };
}

interface Programs {
  readonly forward: Program;
  readonly lens: Program;
  readonly reading: Program;
  readonly stream: string;
  readonly needs: readonly string[];
}

function programsOf({ program, architecture }: LoadedModel): Programs {
  const { layers } = architecture;
  const parts = anatomy(program, architecture);
  const end = requirePart(parts.end);
  const passages = parts.layers.map(
    ({ layer }) =>
      end.summands.find(({ of }) => of.kind === "attention" && of.layer === layer)!.passage,
  );
  const needs = [...new Set([end.stream, ...passages.flatMap(frozenScales)])];
  const shown = Array.from({ length: layers }, (_, layer) => [
    residBefore(layer, layers),
    hookName(layer, "attn.hook_pattern"),
    hookName(layer, "attn.hook_v"),
  ]).flat();
  const forward = slice(program, { outputs: [...new Set([...shown, ...needs])] });
  return {
    forward,
    lens: lensProgram(program, end),
    reading: readingProgram({ program, architecture }, parts, passages, needs),
    stream: end.stream,
    needs,
  };
}

/** How heads' outputs raise the centred logit of each position's target, the final norm frozen. */
function readingProgram(
  { program, architecture: { vocabulary } }: Pick<LoadedModel, "program" | "architecture">,
  { layers, end }: ProgramAnatomy,
  passages: readonly Passage[],
  needs: readonly string[],
): Program {
  const b = builder(program);
  const { direction, at } = targetDirections(b, requirePart(end), vocabulary, "centred-logit");
  const outputs = layers.map(({ layer, attention }) =>
    b.contract(
      backThroughPassage(b, direction, passages[layer]!, at),
      requirePart(attention.projection).weight,
      ["batch", "position", "head", "d_head"],
      { as: readName(layer) },
    ),
  );
  const whole = b.program(outputs, program.limits);
  const read = ancestorsOf(whole, outputs); // without a final norm directions need nothing of the run
  return slice(whole, { outputs, from: needs.filter((name) => read.has(name)) });
}

/** Logits before a soft cap of the tokens `suppression_tokens` after the final norm, [batch, query, key]. */
function lensProgram(
  program: Program,
  { stream, unembedding }: Pick<EndAnatomy, "stream" | "unembedding">,
): Program {
  const b = builder(program);
  const tokens = b.input(SEEN_TOKENS, "int32", { key: SEEN_TOKENS });
  const rows = b.gather(unembeddingRows(b, unembedding), tokens); // [key, d_model]
  const queries = b.rename(unembedding.input, { position: "query" });
  const product = b.contract(queries, rows, ["batch", "query", "key"]);
  const { bias } = unembedding;
  const logits = bias === null ? product : b.add(product, b.gather(bias, tokens));
  b.rename(logits, {}, SEEN);
  return slice(b.program([SEEN], program.limits), { outputs: [SEEN], from: [stream] });
}

async function suppression(
  context: ProbeContext,
  pieces: readonly TextPiece[],
): Promise<ProbeAnswer> {
  const { layers, heads } = context.model.architecture;
  const { signal, progress } = context.options;
  const [scores, controls] = [0, 1].map(() => zerosByHead({ layers, heads }, pieces.length));
  const length = Math.max(...pieces.map(({ tokens }) => tokens.length));
  const sessions = await openSessions(context, length);
  try {
    for (const [index, piece] of pieces.entries()) {
      throwIfAborted(signal);
      const forward = await sessions.forward.run(new Map([["tokens", rowOf(piece)]]));
      for (let layer = 0; layer < layers; layer++) {
        const lens = await lensOf(sessions, forward, piece, residBefore(layer, layers));
        const predicted = mostPredicted(
          lens,
          piece.tokens,
          (key) => key >= piece.start && piece.isWord[key]!,
        ).map((source, query) => (query < FIRST ? -1 : source));
        const others = predicted.map((source, query) =>
          source < 0 ? -1 : otherPosition(piece, query, source, index),
        );
        for (const [into, sources] of [
          [scores!, predicted],
          [controls!, others],
        ] as const) {
          const each = await headScores(context.model, sessions, {
            forward,
            piece,
            layer,
            sources,
          });
          each.forEach((score, head) => (into[layer]![head]![index] = score));
        }
      }
      progress?.("looking for suppressed copies", index + 1, pieces.length);
    }
  } finally {
    await Promise.all([sessions.forward, sessions.lens, sessions.reading].map((s) => s.close()));
  }
  return {
    rows: {
      name: "predictions",
      layout: "pieces of the user's text",
      length,
      examples: pieces.length,
      variants: ["text"],
    },
    behaviours: [
      { words: WORDS, scene: "predictions", uniform: 0, scores: scores!, controls: controls! },
    ],
  };
}

async function lensOf(
  { lens, stream }: Sessions,
  forward: Trace,
  { tokens }: TextPiece,
  resid: string,
): Promise<Tensor> {
  const ids = tensor(["key"], [tokens.length], Int32Array.from(tokens));
  const feeds = new Map<string, Tensor | Tensor<Int32Array>>([
    [stream, forward.get(resid)!],
    [SEEN_TOKENS, ids],
  ]);
  const { data } = (await lens.run(feeds)).get(SEEN)!;
  return tensor(["query", "key"], [tokens.length, tokens.length], data);
}

/** An earlier position with another token than the predicted one's; the predicted one itself where there is none. */
export function otherPosition(
  { tokens, start }: Pick<TextPiece, "tokens" | "start">,
  query: number,
  source: number,
  row: number,
): number {
  const places = tokens.flatMap((token, at) =>
    at >= start && at < query && token !== tokens[source] ? [at] : [],
  );
  return places.length === 0 ? source : places[random(row, query).integer(0, places.length - 1)]!;
}

/** Every head of a layer. */
async function headScores(
  { architecture }: LoadedModel,
  { reading, needs }: Sessions,
  {
    forward,
    piece: { tokens },
    layer,
    sources,
  }: {
    readonly forward: Trace;
    readonly piece: TextPiece;
    readonly layer: number;
    readonly sources: readonly number[];
  },
): Promise<number[]> {
  const length = tokens.length;
  const targets = Int32Array.from(sources, (source) => tokens[Math.max(0, source)]!);
  const positions = Int32Array.from({ length }, (_, position) => position);
  const feeds = new Map<string, Tensor | Tensor<Int32Array>>([
    ...needs.map((name) => [name, forward.get(name)!] as const),
    [LENS_INPUTS.positions, tensor(["position"], [length], positions)],
    [LENS_INPUTS.targets, tensor(["batch", "position"], [1, length], targets)],
  ]);
  const names = new Set(reading.program.inputs.map(({ name }) => name));
  const ownFeeds = new Map([...feeds].filter(([name]) => names.has(name)));
  const read = (await reading.run(ownFeeds, [readName(layer)])).get(readName(layer))!;
  const pattern = forward.get(hookName(layer, "attn.hook_pattern"))!;
  const values = forward.get(hookName(layer, "attn.hook_v"))!;
  return Array.from({ length: architecture.heads }, (_, head) => {
    const own = {
      pattern: headPattern(pattern, head),
      values: headEntries(values, kvHeadOf(architecture, head)),
      directions: headEntries(read, head),
    };
    return suppressionScore(own, sources)!; // pieces have a source
  });
}

/** [1, head, query, key] of one head. */
function headPattern({ shape, data }: Tensor, head: number): Tensor {
  const [, , queries, keys] = shape as readonly [number, number, number, number];
  const from = head * queries * keys;
  return tensor(["query", "key"], [queries, keys], data.subarray(from, from + queries * keys));
}

/** [1, position, head, entry] of one head. */
function headEntries({ shape, data }: Tensor, head: number): Tensor {
  const [, positions, heads, size] = shape as readonly [number, number, number, number];
  const entries = new Float32Array(positions * size);
  for (let position = 0; position < positions; position++) {
    const from = (position * heads + head) * size;
    entries.set(data.subarray(from, from + size), position * size);
  }
  return tensor(["position", "entry"], [positions, size], entries);
}
