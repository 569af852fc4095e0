/** @file Whether an unembedding in the files is the embedding that the configuration ties it to. */
import type { StoredTensor } from "../base/bytes.ts";
import { withNotices, type Model, type UnembeddingChoice } from "./family.ts";

/**
 * The model with the unembedding that is meant. Where the configuration ties it and the files have one of their own with
 * other numbers, that one is used unless `choice` says otherwise, and a notice says so: as transformers 5.24 does, which
 * ties only what is equal (modeling_utils.py, tie_weights: "both are present in the checkpoints with different values, so
 * we will NOT tie them").
 *
 * @param build makes the model with either
 */
export async function withHead(
  build: (head?: UnembeddingChoice) => Model,
  choice?: UnembeddingChoice,
): Promise<Model> {
  const model = build(choice);
  const { tiedHead } = model;
  if (!tiedHead || (await sameNumbers(tiedHead.embedding, tiedHead.own))) return model;
  const used = choice ?? "file";
  const chosen = choice === undefined ? build(used) : model;
  const which = { file: "the one in the files", tied: "the embedding" }[used];
  const other = { file: "tied", tied: "file" }[used];
  const notice = `the configuration ties the unembedding to the embedding, but the files have one with other numbers; ${which} is used (--unembedding ${other}, or head: "${other}", takes the other)`;
  return withNotices(chosen, [notice]);
}

const PIECE = 8 * 1024 * 1024;

/** Whether two tensors are the same bytes, read piece by piece. */
async function sameNumbers(a: StoredTensor, b: StoredTensor): Promise<boolean> {
  if (a.source === b.source && a.offset === b.offset) return true;
  if (a.type !== b.type || a.sizeBytes !== b.sizeBytes) return false;
  for (let start = 0; start < a.sizeBytes; start += PIECE) {
    const length = Math.min(PIECE, a.sizeBytes - start);
    const [first, other] = await Promise.all(
      [a, b].map(({ source, offset }) => source.read(offset + start, length)),
    );
    if (!first!.every((byte, index) => byte === other![index])) return false;
  }
  return true;
}
