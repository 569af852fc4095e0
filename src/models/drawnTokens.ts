/** @file The ids that random rows are made of: text, as the model's tokenizer has it. */
import { ordinaryTokens } from "../text/patterns/ordinaryTokens.ts";
import type { Architecture, Model } from "./family.ts";
import { bosOfRows } from "./bosPolicy.ts";
import { NOT_TEXT, type NotText } from "./notText.ts";
import type { Vocabulary } from "./vocabularyFiles.ts";

/** Ids to draw from, and how many of the others are left out for which reason. */
export interface DrawnTokens {
  /** Ascending. */
  readonly ids: Int32Array;
  /** Each id counts for the first reason that holds; reasons that nothing has are left out. */
  readonly leftOut: Readonly<Partial<Record<NotText, number>>>;
  /** The file that tells what is text; null where there is no tokenizer: then all ids count as text but the special ones. */
  readonly source: string | null;
}

/** The ids of a model that random rows are drawn from. */
export function drawnTokens({
  vocabulary,
  specialTokens,
  notText,
}: Pick<Architecture, "vocabulary" | "specialTokens" | "notText">): DrawnTokens {
  const reasons = new Map<number, NotText>(notText?.ids);
  for (const id of specialTokens) if (id < vocabulary) reasons.set(id, "special");
  const leftOut: Partial<Record<NotText, number>> = {};
  for (const reason of Object.keys(NOT_TEXT) as NotText[]) {
    const count = [...reasons.values()].filter((each) => each === reason).length;
    if (count > 0) leftOut[reason] = count;
  }
  return {
    ids: ordinaryTokens(vocabulary, [...reasons.keys()]),
    leftOut,
    source: notText?.source ?? null,
  };
}

/** What was left out, in words. */
export function leftOutInWords({ leftOut, source }: DrawnTokens): string {
  const parts = Object.entries(leftOut).map(
    ([reason, count]) => `${count} ${NOT_TEXT[reason as NotText]}`,
  );
  const sourceWords = source === null ? "no tokenizer says which ids are text" : `by ${source}`;
  return `${parts.length === 0 ? "no id is left out" : `left out: ${parts.join(", ")}`} (${sourceWords})`;
}

/** The model with what its tokenizer's files say: which ids are text, which are special, and what BOS is. */
export function withVocabulary(model: Model, vocabulary: Vocabulary | null): Model {
  const { architecture } = model;
  const size = architecture.vocabulary;
  const bos = bosOfRows(architecture, vocabulary?.bos ?? null);
  const ids = new Map<number, NotText>();
  for (let id = 0; vocabulary && id < size; id++) {
    const reason = vocabulary.has(id) ? vocabulary.notText.get(id) : "padded";
    if (reason) ids.set(id, reason);
  }
  const special = [...ids].flatMap(([id, reason]) => (reason === "special" ? [id] : []));
  const specialTokens = [...new Set([...architecture.specialTokens, ...special])]
    .filter((id) => id < size)
    .sort((a, b) => a - b);
  return {
    ...model,
    architecture: {
      ...architecture,
      specialTokens,
      bosToken: bos.token,
      bos,
      ...(vocabulary && { notText: { ids, source: vocabulary.source } }),
    },
  };
}
