/** @file The Results that a shared explorer shows without its model: read from the user's files, or made now. */
import { InputError } from "../../base/errors.ts";
import { headName, headAt, type HeadAt } from "../../base/headName.ts";
import { hasWords, idsInText } from "../../draw/tokenWords.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { headsIn } from "../../models/headCounts.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import { attention } from "../../studies/attention/attention.ts";
import type { AttentionResult } from "../../studies/attention/result.ts";
import type { ScoreResult } from "../../studies/score/result.ts";
import type { VerdictResult } from "../../studies/verdict/result.ts";
import { STUDIES } from "../../studies/registry.ts";
import { viewOf } from "../../studies/views.ts";
import { withModel, type Frame } from "../frame.ts";
import { readResult } from "../readResult.ts";
import { runOnModel } from "../runOnModel.ts";
import { blockIds } from "./blockIds.ts";
import { sharedExample, type SharedExample } from "./sharedExample.ts";

export interface SharedResults {
  readonly score: ScoreResult;
  readonly verdict: VerdictResult;
  /** Attention of all heads of the layer of the view's head, on the view's sequence. */
  readonly attention: AttentionResult;
  /** The head of the view. */
  readonly head: HeadAt;
  /** Null for a model that shows no such place, as one that reads no sequence twice. */
  readonly example: SharedExample | null;
  /** Whether tokens are shown as words, as those of a small model without tokenizer are. */
  readonly isWorded: boolean;
}

/** Results that may come from files. */
interface ResultsAtHand {
  readonly score?: ScoreResult;
  readonly verdict?: VerdictResult;
}

/**
 * @param files Results of `score` and `verdict` that are there already
 * @param state of the page, whose head and sequence are shown
 */
export async function sharedResults(
  frame: Frame,
  name: string,
  { files, state }: { readonly files: readonly string[]; readonly state: URLSearchParams },
): Promise<SharedResults> {
  const stored = await resultsIn(files);
  const score = stored.score ?? (await runOnModel(frame, STUDIES.score, name, {}));
  const onRows = await withModel(frame, name, async (model) => {
    checkModel(model, [score, ...(stored.verdict ? [stored.verdict] : [])], name);
    return resultsOnRows(frame, model, { score, state });
  });
  // last, because it takes longest: refusals come before it
  const verdict = stored.verdict ?? (await runOnModel(frame, STUDIES.verdict, name, {}));
  return { score, verdict, ...onRows };
}

/** What is of the view's sequence and of the example. */
async function resultsOnRows(
  frame: Frame,
  model: LoadedModel,
  { score, state }: { readonly score: ScoreResult; readonly state: URLSearchParams },
): Promise<Omit<SharedResults, "score" | "verdict">> {
  const { vocabulary } = model.architecture;
  const { signal, progress } = frame;
  const lent = { backend: await frame.openEngine(), signal, progress };
  const head = headOf(state, model, score);
  const heads = headsIn(model.architecture, head.layer);
  const layer = Array.from({ length: heads }, (_, at) => ({ layer: head.layer, head: at }));
  const rows = await sequenceOf(state, model);
  return {
    head,
    attention: await attention(model, { ...rows, heads: layer, ...lent }),
    example: await sharedExample(model, score, lent),
    isWorded: hasWords({ tokenizer: await readableTokenizer(model), vocabulary }),
  };
}

async function resultsIn(files: readonly string[]): Promise<ResultsAtHand> {
  const results: { score?: ScoreResult; verdict?: VerdictResult } = {};
  for (const file of files) {
    const result = await readResult(file);
    await viewOf({ name: file, result }); // throws for what is no Result
    const { schema } = result as ScoreResult | VerdictResult;
    if (schema === "induction-lens/score@1") results.score = result as ScoreResult;
    else if (schema === "induction-lens/verdict@1") results.verdict = result as VerdictResult;
    else
      throw new InputError(
        "result",
        `--results takes Results of score and verdict, ${file} has the schema ${String(schema)}`,
      );
  }
  return results;
}

/** A number under another model would not be true. */
function checkModel(
  { sha256 }: LoadedModel,
  results: readonly (ScoreResult | VerdictResult)[],
  name: string,
): void {
  const other = results.find(({ model }) => model.sha256 !== sha256);
  if (other)
    throw new InputError(
      "result",
      `--results has a Result of other weights: ${other.schema} is of ${other.model.id}, sha256 ${other.model.sha256.slice(0, 12)}…; ${name} has ${sha256.slice(0, 12)}…`,
    );
}

/** The head of the view, or the best induction head. */
function headOf(state: URLSearchParams, { architecture }: LoadedModel, score: ScoreResult): HeadAt {
  const headText = state.get("head");
  const { layer, head } =
    headText === null ? (score.top[0] ?? { layer: 0, head: 0 }) : headAt(headText);
  const { layers } = architecture;
  const heads = headsIn(architecture, layer);
  if (layer < layers && head < heads) return { layer, head };
  throw new InputError(
    "unknown-head",
    `--at asks for head ${headName({ layer, head })}, the model has ${layers} layers of ${heads} heads`,
  );
}

const USUAL = { period: 16, seed: 0 };

/** The sequence of the page's state: its text, or the block that the page draws. */
async function sequenceOf(state: URLSearchParams, model: LoadedModel) {
  const { architecture } = model;
  const text = state.get("text");
  if (text !== null)
    return (await model.tokenizer()) === null
      ? { tokens: [idsInText(text, architecture.vocabulary)] }
      : { texts: [text] };
  const number = (key: "period" | "seed") => Number(state.get(key) ?? USUAL[key]);
  const choice = { period: number("period"), seed: number("seed"), examples: 1 };
  return { tokens: blockIds(architecture, choice) };
}
