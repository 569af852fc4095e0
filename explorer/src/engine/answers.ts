/** @file What the engine's thread can do, by the name of the question. */
import { tensor } from "induction-lens/graph";
import { InputError, runModel, score } from "induction-lens/browser";
import { ordinaryTokens, repeatedTokens } from "induction-lens/measure";
import { cut } from "./cut.ts";
import type { AnswerOptions } from "./answerOptions.ts";
import { holding, openModel, workbench } from "./holding.ts";
import type {
  Captured,
  Look,
  Requests,
  RequestName,
  Sequence,
  SequenceChoice,
} from "./protocol.ts";

type Answers = {
  readonly [Name in RequestName]: (
    args: Requests[Name]["args"],
    options: AnswerOptions,
  ) => Promise<Requests[Name]["answer"]>;
};

/** Sequences that are scored: as many as the command line takes, or as many as a reader waits for. */
const EXAMPLES = 100;
const PATIENT_OPERATIONS = 4e11;

export const answers: Answers = {
  open: openModel,
  score: async (_, options) => {
    const { model, backend, facts } = holding();
    const affordable = Math.floor(PATIENT_OPERATIONS / (facts.parameters * 65));
    const numExamples = Math.min(EXAMPLES, Math.max(10, affordable));
    return score(model, { backend, numExamples, ...options });
  },
  sequence,
  look,
  values,
  cut,
  why: async (...asked) => (await import("./studies.ts")).whyOf(...asked),
  attention: async (...asked) => (await import("./studies.ts")).attentionOf(...asked),
  verdict: async (_, options) => (await import("./studies.ts")).verdictOf(options),
  train: async (...asked) => (await import("./training.ts")).trained(...asked),
  change: async (asked) => (await import("./training.ts")).changeIn(asked),
};

/** The reader's text as tokens, or `[BOS] r r` for the open model. */
async function sequence({ text, period, seed }: SequenceChoice): Promise<Sequence> {
  const { model, tokenizer } = holding();
  const { vocabulary, specialTokens, bosToken, contextLength } = model.architecture;
  const written = (ids: readonly number[]) => (tokenizer ? tokenizer.pieces(ids) : ids.map(String));
  if (text !== null) {
    const ids = tokenizer
      ? [
          ...(tokenizer.bos.addToText && bosToken !== null ? [bosToken] : []),
          ...tokenizer.encode(text),
        ]
      : idsIn(text, vocabulary);
    const beyond = ids.find((id) => id >= vocabulary);
    if (beyond !== undefined)
      throw new InputError(
        "tokenizer",
        `the tokenizer gives the id ${beyond}, the model has ids to ${vocabulary - 1}: it belongs to another model`,
      );
    if (ids.length < 2)
      throw new InputError(
        "tokens",
        `attention needs two tokens or more, this text has ${ids.length}`,
      );
    if (ids.length > contextLength)
      throw new InputError(
        "tokens",
        `the model has ${contextLength} positions, this text has ${ids.length} tokens`,
      );
    return { ids, pieces: written(ids), repeats: null };
  }
  const start = bosToken === null ? 0 : 1;
  const ordinary = ordinaryTokens(vocabulary, specialTokens);
  const fits = Math.min(period, ordinary.length, Math.floor((contextLength - start) / 2));
  const { tokens } = repeatedTokens({ seed, examples: 1, period: fits, bos: bosToken, ordinary });
  const ids = [...tokens.data];
  return { ids, pieces: written(ids), repeats: { start, period: fits } };
}

function idsIn(text: string, vocabulary: number): number[] {
  const words = text
    .trim()
    .split(/[\s,]+/)
    .filter(Boolean);
  const wrong = words.find((word) => !/^\d+$/.test(word) || Number(word) >= vocabulary);
  if (wrong !== undefined)
    throw new InputError(
      "tokens",
      `this model has no tokenizer: it takes ids from 0 to ${vocabulary - 1}, got ${wrong}`,
    );
  return words.map(Number);
}

/** Patterns of a layer and the norms of its values, one value for each query head. */
async function look({ ids, layer, edits = [] }: Requests["look"]["args"]): Promise<Look> {
  const { facts } = holding();
  const bench = await workbench();
  const tokens = tensor(["batch", "position"], [1, ids.length], Int32Array.from(ids));
  const { patterns, valueNorms } = await bench.run({ tokens, repeats: null }, { layer, edits });
  const group = facts.heads / facts.kvHeads;
  const norms = new Float32Array(ids.length * facts.heads).map((_, index) => {
    const [key, head] = [Math.floor(index / facts.heads), index % facts.heads];
    return valueNorms!.data[key * facts.kvHeads + Math.floor(head / group)]!;
  });
  return { patterns: patterns!.data, valueNorms: norms, heads: facts.heads, length: ids.length };
}

/** Values of a plain run by their hook names. */
async function values(
  { ids, names }: Requests["values"]["args"],
  options: AnswerOptions,
): Promise<Requests["values"]["answer"]> {
  const { model, backend } = holding();
  const found: Record<string, Captured> = {};
  await runModel(model, {
    backend,
    tokens: [ids],
    names,
    receive: ({ name }, _, { shape, data }) => {
      found[name] = { shape, data };
    },
    ...options,
  });
  return { values: found };
}
