/** @file Whether models can run the same rows, and the architectures that make them do so. */
import type { Architecture } from "../../models/family.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { NotText } from "../../models/notText.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";

/** What has to be known of a model before any is run. */
export interface VocabularyFacts {
  readonly id: string;
  readonly architecture: Architecture;
  /** Ids of a text that tokenizers cut differently; null without a tokenizer. */
  readonly probe: readonly number[] | null;
}

export interface SharedRows {
  readonly shared: boolean;
  readonly why: string;
  /** By model: draws the same rows as the others if they are shared. */
  readonly architectures: readonly Architecture[];
}

/** Words, numbers, spaces, code and other scripts. */
const PROBE =
  "The quick brown fox's 12,345 jumps -- naïve café; def f(x):\n\treturn x**2 != 7  // Straße Привет 你好 🙂";

export async function vocabularyFacts(model: LoadedModel): Promise<VocabularyFacts> {
  const tokenizer = await readableTokenizer(model);
  return { id: model.id, architecture: model.architecture, probe: probeIds(tokenizer) };
}

function probeIds(tokenizer: Tokenizer | null): readonly number[] | null {
  return tokenizer && tokenizer.encode(PROBE);
}

/**
 * Models share rows if their tokenizers cut a text alike (or their vocabularies are equally large, where one has no tokenizer) and
 * they begin rows alike. Rows are drawn from the ids that are text in all of them then, as long as the shortest context takes.
 */
export function sharedRows(models: readonly VocabularyFacts[], separate: boolean): SharedRows {
  const architectures = models.map(({ architecture }) => architecture);
  const why = separate ? "each model draws its own, as asked" : whyNot(models);
  if (why !== null) return { shared: false, why, architectures };
  const vocabulary = Math.min(...architectures.map((architecture) => architecture.vocabulary));
  const contextLength = Math.min(
    ...architectures.map((architecture) => architecture.contextLength),
  );
  const left = leftOut(architectures);
  return {
    shared: true,
    why: "the models share a vocabulary",
    architectures: architectures.map((architecture) => ({
      ...architecture,
      contextLength,
      notText: {
        ids: withPadding(left, vocabulary, architecture.vocabulary),
        source: architecture.notText?.source ?? "another model of the comparison",
      },
    })),
  };
}

function whyNot([first, ...others]: readonly VocabularyFacts[]): string | null {
  for (const other of others) {
    const [firstModel, two] = [first!.architecture, other.architecture];
    const names = `${first!.id} and ${other.id}`;
    if (first!.probe && other.probe) {
      if (first!.probe.join() !== other.probe.join())
        return `the tokenizers of ${names} cut text differently`;
    } else if (firstModel.vocabulary !== two.vocabulary)
      return `${names} have vocabularies of ${firstModel.vocabulary} and ${two.vocabulary} ids`;
    if (firstModel.bosToken !== two.bosToken)
      return `${names} begin rows differently (BOS ${firstModel.bosToken ?? "none"} and ${two.bosToken ?? "none"})`;
  }
  return null;
}

/** Ids that are not text in at least one of them. */
function leftOut(architectures: readonly Architecture[]): ReadonlyMap<number, NotText> {
  const all = new Map<number, NotText>();
  for (const { notText, specialTokens } of architectures) {
    for (const [id, reason] of notText?.ids ?? []) all.set(id, reason);
    for (const id of specialTokens) all.set(id, "special");
  }
  return all;
}

function withPadding(
  left: ReadonlyMap<number, NotText>,
  from: number,
  vocabulary: number,
): ReadonlyMap<number, NotText> {
  const ids = new Map([...left].filter(([id]) => id < vocabulary));
  for (let id = from; id < vocabulary; id++) ids.set(id, "padded");
  return ids;
}
