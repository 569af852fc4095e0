/** @file What a published figure or table must say of how it was made: weights, rows, BOS, seed, version. */
import { plural } from "../base/plural.ts";
import { pictureName, type Setting, type StudyView } from "./studyView.ts";

const HASH = 12; // digits of a hash that a caption has room for

/**
 * One line, such as `model zoo:attn-2l · weights sha256 0f3c... · 100 rows of 65 tokens · BOS on (token 0) · seed 0`.
 * What the Result does not say is left out; where it has several models, each has its hash.
 */
export function madeOf({ settings = [] }: Pick<StudyView, "settings">): string {
  const value = (term: string) => settings.find(([name]) => name === term)?.[1];
  const part = (term: string, words: (text: string) => string) => {
    const text = value(term);
    return text === undefined || text === "–" ? [] : [words(String(text))];
  };
  return [
    ...part("model", (id) => `model ${pictureName(id)}`),
    ...part("revision", (revision) => `revision ${revision}`),
    ...hashesOf(settings),
    ...part("examples", (rows) => {
      const tokens = plural(Number(value("tokens in a row")), "token");
      return `${plural(Number(rows), "row")} of ${tokens}`;
    }),
    ...part("period", (period) => `period ${period}`),
    ...part("BOS", (bos) => `BOS ${bos.split(":")[0]}`),
    ...part("seed", (seed) => `seed ${seed}`),
    ...part("sha256 of the tokens", (hash) => `tokens sha256 ${hash.slice(0, HASH)}`),
    ...part("versions", (versions) => versions.split(",")[0]!),
  ].join(" · ");
}

/** A caption with how its table was made. */
export function captionOf(caption: string, origin: string): string {
  return [caption.replace(/\.$/, ""), origin].filter((part) => part !== "").join(". ");
}

const OF_WEIGHTS = "sha256 of the weights";

function hashesOf(settings: readonly Setting[]): string[] {
  return settings
    .filter(([term]) => term.startsWith(OF_WEIGHTS))
    .map(([term, hash]) => {
      const of = term === OF_WEIGHTS ? "" : ` of ${pictureName(term.slice(OF_WEIGHTS.length + 4))}`;
      return `weights${of} sha256 ${String(hash).slice(0, HASH)}`;
    });
}
