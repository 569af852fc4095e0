/** @file A fact in a long row, asked for at its end: heads whose largest weight lies on the token that the model says next. */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { random, type Random } from "../../base/random.ts";
import { builder } from "../../graph/builder.ts";
import { narrow } from "../../graph/edits/narrow.ts";
import { slice } from "../../graph/edits/slice.ts";
import type { Program } from "../../graph/program.ts";
import { retrievalScore, type RetrievalStep } from "../../measure/retrieval.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { prepare } from "../../runtime/prepare.ts";
import type { BehaviourWords } from "./behaviourWords.ts";
import { largestGroup } from "./sceneEntities.ts";
import { zerosByHead, type Probe, type ProbeAnswer, type ProbeContext } from "./probe.ts";
import { needsWords, startOf } from "./scene.ts";

/** Tokens in a row at most, and rows: each is a pass over the whole model. */
const LONGEST = 256;
const MOST_ROWS = 16;
/** Where needles lie, as shares of the row; the one that is asked for and the other. */
const DEPTHS = [
  [0.1, 0.6],
  [0.7, 0.2],
  [0.4, 0.8],
  [0.85, 0.5],
] as const;

const WORDS: BehaviourWords = {
  name: "retrieval",
  title: "retrieval",
  formula:
    "share of answer tokens w that the model would say and at whose step argmax_k A[q, k] is w in the needle; control: the same token of another needle, which is not asked for",
  source:
    "Wu et al. 2024 (arXiv:2404.15574); here the answer is given token by token, and what the model would not say counts as missed",
  kind: "share",
};

export const RETRIEVAL: Probe = {
  name: "needles",
  behaviours: [WORDS.name],
  measure: async (context) => {
    const { source, tokenizer } = context;
    if (!source.words || !tokenizer) return needsWords();
    const rows = needleRows(context);
    return typeof rows === "string" ? rows : retrieval(context, rows);
  },
};

/** A row, the answer at its end, and where its tokens stand before. */
export interface NeedleRow {
  readonly tokens: readonly number[];
  /** Position of the answer's first token. */
  readonly answer: number;
  /** Positions of the same tokens in the needle, and of the other needle's. */
  readonly answerPlaces: readonly number[];
  readonly decoyPlaces: readonly number[];
}

/** Rows with two needles each, or a sentence that says why there are none. */
export function needleRows({
  source,
  tokenizer,
  texts,
}: Pick<ProbeContext, "source" | "tokenizer" | "texts">): readonly NeedleRow[] | string {
  const words = source.words!;
  const encode = (text: string) => tokenizer!.encode(text);
  const [size, concepts] = largestGroup(words.concepts);
  if (concepts.length < 4)
    return `the tokenizer cuts ${concepts.length} words of the list in as many tokens as each other, and rows take 4`;
  const [lead, is, stop] = [" The password of the", " is", "."].map(encode) as [
    number[],
    number[],
    number[],
  ];
  const needle = lead.length + is.length + 2 * size + stop.length;
  const length = Math.min(LONGEST, source.contextLength);
  const straw = length - startOf(source.bos) - 3 * needle + stop.length;
  if (straw < 2 * needle)
    return `its rows take ${startOf(source.bos) + 5 * needle} tokens, and the model has ${source.contextLength} positions`;
  const hay = texts.length > 0 ? encode(texts.join("\n")) : [];
  return Array.from({ length: Math.min(source.examples, MOST_ROWS) }, (_, row) => {
    const draw = random(source.seed, row);
    const drawn = draw.distinct(4, concepts.length).map((at) => concepts[at]!);
    const [first, second] = DEPTHS[row % DEPTHS.length]!;
    const needleAt = (depth: number, index: number): Needle => ({
      depth,
      lead: [...lead, ...drawn[index]!, ...is],
      value: drawn[index + 1]!,
    });
    return needleRow(source.bos, strawOf(draw, hay, words.letters, straw), stop, {
      question: needleAt(first, 0),
      decoy: needleAt(second, 2),
    });
  });
}

/** What the row says at some depth, and what of it is asked for. */
interface Needle {
  readonly depth: number;
  readonly lead: readonly number[];
  readonly value: readonly number[];
}

function needleRow(
  bos: number | null,
  straw: readonly number[],
  stop: readonly number[],
  { question, decoy }: { readonly question: Needle; readonly decoy: Needle },
): NeedleRow {
  const tokens = bos === null ? [] : [bos];
  const places = new Map<Needle, number>();
  let used = 0;
  for (const needle of [question, decoy].sort((one, two) => one.depth - two.depth)) {
    const until = Math.round(needle.depth * straw.length);
    tokens.push(...straw.slice(used, until), ...needle.lead);
    places.set(needle, tokens.length);
    tokens.push(...needle.value, ...stop);
    used = until;
  }
  tokens.push(...straw.slice(used), ...question.lead);
  const answer = tokens.length;
  const positions = (needle: Needle) => needle.value.map((_, at) => places.get(needle)! + at);
  return {
    tokens: [...tokens, ...question.value],
    answer,
    answerPlaces: positions(question),
    decoyPlaces: positions(decoy),
  };
}

/** A window of the text; random words where there is none of that length. */
function strawOf(draw: Random, hay: readonly number[], letters: Int32Array, length: number) {
  if (hay.length >= length) {
    const from = draw.integer(0, hay.length - length);
    return hay.slice(from, from + length);
  }
  return Array.from({ length }, () => letters[draw.integer(0, letters.length - 1)]!);
}

const QUERIES = "retrieval_queries";
/** The same as positions of the choices, which alone go through the unembedding. */
const POSITIONS = "retrieval_positions";
const CHOICES = "retrieval.choices";
const patternName = (layer: number) => `retrieval.pattern.${layer}`;

/** Patterns and first choices at some queries alone. */
function retrievalProgram({ program, architecture: { layers } }: LoadedModel): Program {
  const b = builder(program);
  const queries = b.input(QUERIES, "int32", { position: "asked" });
  const patterns = Array.from({ length: layers }, (_, layer) =>
    b.op(
      "take",
      [hookName(layer, "attn.hook_pattern"), queries],
      { axis: "query" },
      patternName(layer),
    ),
  );
  b.op("topK", ["logits"], { count: 1, into: "choice" }, CHOICES);
  const outputs = [...patterns, CHOICES];
  const whole = slice(b.program(outputs, program.limits), { outputs });
  return narrow(whole, { outputs: [CHOICES], axis: "position", rows: POSITIONS });
}

async function retrieval(
  { model, backend, options: { signal, progress }, texts }: ProbeContext,
  rows: readonly NeedleRow[],
): Promise<ProbeAnswer> {
  const { layers, heads } = model.architecture;
  const [scores, controls] = [0, 1].map(() => zerosByHead({ layers, heads }, rows.length));
  const longest = Math.max(...rows.map(({ tokens }) => tokens.length));
  const steps = rows[0]!.answerPlaces.length;
  const sizes = { batch: 1, position: longest, asked: steps, [POSITIONS]: steps };
  const session = await prepare(retrievalProgram(model), backend, sizes);
  let [saidCount, all] = [0, 0];
  const step = "asking for needles";
  try {
    await session.pass(
      rows.map(feedsOf),
      (trace, index) => {
        const row = rows[index]!;
        const answer = row.tokens.slice(row.answer);
        const choices = trace.get(CHOICES)!.data;
        const stepsAt = (keys: readonly number[]): RetrievalStep[] =>
          keys.map((key, query) => ({ query, key, isSaid: choices[query] === answer[query] }));
        saidCount += answer.filter((token, query) => choices[query] === token).length;
        all += answer.length;
        for (let layer = 0; layer < layers; layer++) {
          const pattern = firstOf(trace.get(patternName(layer))!);
          const atAnswer = retrievalScore(pattern, stepsAt(row.answerPlaces));
          const atDecoy = retrievalScore(pattern, stepsAt(row.decoyPlaces));
          for (let head = 0; head < heads; head++) {
            scores![layer]![head]![index] = atAnswer[head]!;
            controls![layer]![head]![index] = atDecoy[head]!;
          }
        }
        progress?.(step, index + 1, rows.length);
      },
      { signal, progress, step },
    );
  } finally {
    await session.close();
  }
  const hay = texts.length > 0 ? "the user's text" : "random words";
  return {
    rows: {
      name: "needles",
      layout: `${hay} with two sentences of a password in it, and at the end the question for one of them with its answer, of which the model itself says ${Math.round((100 * saidCount) / all)} %`,
      length: longest,
      examples: rows.length,
      variants: ["needles"],
    },
    behaviours: [
      { words: WORDS, scene: "needles", uniform: 0, scores: scores!, controls: controls! },
    ],
  };
}

function feedsOf({ tokens, answer }: NeedleRow) {
  const queries = Int32Array.from({ length: tokens.length - answer }, (_, at) => answer - 1 + at);
  return new Map<string, Tensor<Int32Array>>([
    ["tokens", tensor(["batch", "position"], [1, tokens.length], Int32Array.from(tokens))],
    [QUERIES, tensor(["position"], [queries.length], queries)],
    [POSITIONS, tensor(["position"], [queries.length], queries)],
  ]);
}

/** [1, head, query, key] as [head, query, key]. */
function firstOf({ axes, shape, data }: Tensor): Tensor {
  return tensor(axes.slice(1), shape.slice(1), data);
}
