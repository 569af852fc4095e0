/** @file Few-shot prompts `Q: word A: answer` of word tasks, as tokens: whole, or with the answers of the examples shuffled. */
import { random } from "../../base/random.ts";
import type { AskedRow } from "../../interventions/lastTokenRuns.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import type { WordPair, WordTask } from "./tasks.ts";

/** A task as far as a tokenizer has its words as single tokens. */
export interface FewShotTask extends Pick<WordTask, "name" | "title"> {
  /** Pairs that scores are made from, and others, of which no word is among them, for what is tested with the scores. */
  readonly pairs: Readonly<Record<Half, readonly WordPair[]>>;
}

export type Half = "scored" | "tested";

export interface FewShotSource {
  readonly tokenizer: Pick<Tokenizer, "encode">;
  readonly bos: number | null;
  /** Examples before the question. */
  readonly shots: number;
  readonly seed: number;
  readonly contextLength: number;
}

export interface FewShotTasks {
  readonly tasks: readonly FewShotTask[];
  readonly skipped: readonly { readonly task: string; readonly why: string }[];
  /** Tokens of a prompt, BOS included. */
  readonly length: number;
}

/**
 * The tasks with their pairs of which both words are one token, in two halves: every other pair.
 *
 * @returns a sentence where there is no such task, or no room
 */
export function fewShotTasks(
  source: FewShotSource,
  tasks: readonly WordTask[],
): FewShotTasks | string {
  const { shots, contextLength } = source;
  const least = 2 * (shots + 2);
  const single = singlePairs(source, tasks);
  const usable = single.filter(({ pairs }) => pairs.length >= least);
  const skipped = single
    .filter(({ pairs }) => pairs.length < least)
    .map(({ name, pairs }) => ({
      task: name,
      why: `both words are one token in ${pairs.length} of its pairs, and prompts of ${shots} examples take ${least}`,
    }));
  if (usable.length === 0)
    return `there is no word task of which the tokenizer has ${least} pairs as single tokens`;
  const halves = usable.map(({ name, title, pairs }): FewShotTask => {
    const half = (which: number) => pairs.filter((_, at) => at % 2 === which);
    return { name, title, pairs: { scored: half(0), tested: half(1) } };
  });
  const { length } = fewShotPrompts(source, halves[0]!, { half: "scored", count: 1 })[0]!.tokens;
  return length > contextLength
    ? `its prompts of ${shots} examples take ${length} tokens, and the model has ${contextLength} positions`
    : { tasks: halves, skipped, length };
}

/** Pairs whose line has no more tokens than the shortest, and whose answer is one token whatever comes before. */
function singlePairs({ tokenizer }: FewShotSource, tasks: readonly WordTask[]): WordTask[] {
  const lines = tasks.map(({ pairs, ...task }) => ({
    ...task,
    pairs: pairs.map((pair) => {
      const [before, whole] = [questionOf(pair), exampleOf(pair)].map((text) =>
        tokenizer.encode(text),
      ) as [number[], number[]];
      const isOne =
        whole.length === before.length + 1 && before.every((id, at) => id === whole[at]);
      return { pair, length: isOne ? whole.length : Infinity };
    }),
  }));
  const shortest = Math.min(...lines.flatMap(({ pairs }) => pairs.map(({ length }) => length)));
  return lines.map(({ pairs, ...task }) => ({
    ...task,
    pairs: pairs
      .filter(({ length }) => length === shortest && length < Infinity)
      .map(({ pair }) => pair),
  }));
}

const questionOf = ([word]: WordPair) => `Q: ${word}\nA:`;
const exampleOf = (pair: WordPair) => `${questionOf(pair)} ${pair[1]}`;

/** What prompts are made of. */
export interface PromptChoice {
  readonly half: Half;
  readonly count: number;
  /** Whether the examples have each other's answers, as in a pack of cards. Left out: false. */
  readonly shuffled?: boolean | undefined;
  /** Prompts of another use have other words. Left out: 0. */
  readonly stream?: number | undefined;
}

/** Prompts of one task, all of one length; the question's own pair is not among the examples. */
export function fewShotPrompts(
  { tokenizer, bos, shots, seed }: FewShotSource,
  { pairs: halves }: Pick<FewShotTask, "pairs">,
  { half, count, shuffled = false, stream = 0 }: PromptChoice,
): AskedRow[] {
  const pairs = halves[half];
  return Array.from({ length: count }, (_, row) => {
    const draw = random(seed, STREAMS * row + stream);
    const drawn = draw.distinct(shots + 1, pairs.length).map((at) => pairs[at]!);
    const [examples, question] = [drawn.slice(0, shots), drawn[shots]!];
    const answers = examples.map(([, answer]) => answer);
    const labels = shuffled ? draw.shuffled(answers) : answers;
    const lines = examples.map(([word], at) => exampleOf([word, labels[at]!]));
    const ids = tokenizer.encode([...lines, exampleOf(question)].join("\n\n"));
    const tokens = ids.slice(0, -1);
    return { tokens: bos === null ? tokens : [bos, ...tokens], answer: ids.at(-1)! };
  });
}

/** Uses of prompts that have words of their own. */
const STREAMS = 16;
