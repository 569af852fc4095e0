/** @file `image`: what a model of text makes of an image that it is shown, head by head. */
import { checkOptionNames } from "../../base/optionNames.ts";
import { tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { rowOf } from "../../inputs/sequences.ts";
import { attentionTables } from "../../measure/attentionTables.ts";
import { queryMeanTable, stackTables } from "../../measure/weightTable.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { checkCanRun } from "../common/canRun.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { scoreParts, type Scores } from "../stacks/scoreParts.ts";
import type { Lent } from "../stacks/stackRuns.ts";
import { imageResultOf } from "./buildResult.ts";
import { carriedEffects } from "./carriedEffects.ts";
import {
  IMAGE_OPTIONS,
  imagePlan,
  type ImageOptions,
  type ImagePlan,
  type SeenRows,
} from "./plan.ts";
import type { ImageResult } from "./result.ts";

export type { ImageOptions } from "./plan.ts";

/**
 * Shows a model of text images, and says for every head of it: the induction scores of text after an image and of patches that
 * repeat (`A[q, q - S + 1]`, each with a control in which nothing repeats), how its attention from the text is shared among image,
 * text and BOS, and whether it carries the image to the answer: an image is exchanged for another, and heads one by one.
 *
 * With m the metric at the end of the row: cut = m(image) - m(image, no attention of the head from the text to the image), harm =
 * m(image) - m(image, the head's output at the text from the other image), restored = m(other, its output from the image) - m(other).
 *
 * @returns scores from 0 to 1 with what uniform attention scores; effects in logits (difference of answer and foil) or nats. A head that
 *   carries nothing has about 0; `clean - other` is what the image does in all
 * @throws {InputError} "study" for a model that sees no images beside text, and for options that do not fit
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function image(model: LoadedModel, options: ImageOptions = {}): Promise<ImageResult> {
  checkOptionNames("image", options, IMAGE_OPTIONS);
  checkCanRun("image", model);
  const engine = await engineFor(model, options);
  const plan = await imagePlan(model, options);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const lent = { backend, signal: options.signal, progress: options.progress };
    const tables = inductionTables(plan);
    const repeated = await scores(model, plan.repeated, tables, lent);
    const control = await scores(model, plan.control, tables, lent);
    const own = { tokens: rowOf({ tokens: plan.row }), pixels: plan.images[0] };
    const groups = groupTables(plan);
    const shares = await scores(model, own, groups, lent);
    const effects = await carriedEffects(model, plan, lent);
    const tokenizer = await readableTokenizer(model);
    const measured = { tables, repeated, control, groups, shares, effects, tokenizer };
    return imageResultOf(model, backend, plan, measured, { run: elapsed() });
  });
}

/** Induction after the image, then of its patches. */
function inductionTables({ repeats }: ImagePlan): Tensor {
  const tables = [repeats.text, repeats.patches].map((layout) => attentionTables(layout));
  return stackTables(
    tables.map(({ shape, data }) => {
      const [, queries, keys] = shape as [number, number, number];
      return tensor(["query", "key"], [queries, keys], data.slice(0, queries * keys));
    }),
  );
}

/** Attention from the text after the image: to the image, to other text, to BOS. */
function groupTables({ row, first, text, hasBos }: ImagePlan): Tensor {
  const queries = row.flatMap((_id, place) => (place >= text ? [place] : []));
  const isImage = (key: number) => key >= first && key < text;
  const isBos = (key: number) => hasBos && key === 0;
  const groups = [isImage, (key: number) => !isImage(key) && !isBos(key), isBos];
  return stackTables(
    groups.map((isIn) =>
      queryMeanTable(row.length, queries, (query) =>
        Array.from({ length: query + 1 }, (_key, key) => key).filter(isIn),
      ),
    ),
  );
}

/** What tables read of all patterns, row by row. */
async function scores(
  { seeing, architecture: { layers, heads } }: LoadedModel,
  { tokens, pixels }: SeenRows,
  tables: Tensor,
  lent: Lent,
): Promise<Scores> {
  const part = { scored: { prefix: "", attention: "attn" }, layers, heads, tables } as const;
  const rows = new Map<string, Tensor<TensorData>>([
    ["tokens", tokens],
    ["pixels", pixels],
  ]);
  const [entry] = await scoreParts(seeing!, [part], rows, lent);
  return entry!.scores;
}
