/** @file Chooses the sequence that the lessons speak of: by what the open model does on each, and not by hand. */
import { blockRows, type HeadEdit, type Tensor } from "induction-lens/browser";
import { tensor } from "induction-lens/graph";
import { repeatedPlaces, softmax, type RepeatedPlace } from "induction-lens/measure";
import type { AnswerOptions } from "./answerOptions.ts";
import { zeroHeads } from "./edits.ts";
import { ROW_LENGTH, type Held } from "./held.ts";
import type { Example, Requests } from "./protocol.ts";
import { sequence, writtenFor } from "./sequence.ts";

const PERIOD = 6;
const SEEDS = 64;
/** Sentences of a model that reads text; longer ones than this do not fit into one picture. */
const LONGEST = 24;
const SENTENCES = [
  "Mr and Mrs Dursley lived there. Mr and Mrs Dursley",
  "The owl found the key. Then the owl found the key",
  "Anna Karlov met Tom. Later Tom met Anna Karlov",
  "ab cd, ab cd",
  "red fox, red fox",
];

/** A place in one row where it repeats itself. */
interface Place extends RepeatedPlace {
  readonly ids: readonly number[];
}

/**
 * Of each candidate the smaller of two numbers counts: the attention of the induction head from query to target that is lost
 * without the previous-token head (all of it where no head comes before), and the probability of the token that comes again.
 */
export async function example(
  heads: Requests["example"]["args"],
  state: Held,
  { letPass }: AnswerOptions,
): Promise<Example> {
  const rows = await candidates(state);
  let best = { effect: -Infinity, place: rows[0]!.places[0]! };
  for (const { tokens, places } of rows) {
    const effects = await effectsOf(state, heads, tokens, places);
    effects.forEach((effect, index) => {
      if (effect > best.effect) best = { effect, place: places[index]! };
    });
    await letPass();
  }
  const { place } = best;
  const ids = place.ids.slice(0, place.query + 2);
  const period = place.query - place.target + 1;
  const start = ids.length - 2 * period;
  const isBlock =
    start >= 0 && ids.slice(start).every((id, at) => id === ids[start + (at % period)]);
  return {
    sequence: {
      ids,
      pieces: writtenFor(state.open)(ids),
      repeats: isBlock ? { start, period } : null,
    },
    query: place.query,
    target: place.target,
    trials: rows.reduce((sum, { places }) => sum + places.length, 0),
  };
}

interface Candidates {
  /** Rows of one length. */
  readonly tokens: Tensor<Int32Array>;
  /** One for each row, or several of the only row. */
  readonly places: readonly Place[];
}

/** Sentences in which something comes twice, or random blocks where the model reads none of them so. */
async function candidates(state: Held): Promise<readonly Candidates[]> {
  const { tokenizer } = state.open;
  const lines: Candidates[] = [];
  for (const text of tokenizer ? SENTENCES : []) {
    const read = await sequence({ text, period: 2, seed: 0 }, state).catch(() => null);
    if (!read || read.ids.length > LONGEST) continue;
    const { ids } = read;
    const places = repeatedPlaces(ids).map((place) => ({ ids, ...place }));
    const tokens = tensor(["batch", "position"], [1, read.ids.length], Int32Array.from(read.ids));
    if (places.length > 0) lines.push({ tokens, places });
  }
  return lines.length > 0 ? lines : randomBlocks(state);
}

/** `[BOS] r r`, as many as the bench has room for at once. */
function randomBlocks({ open }: Held): Candidates[] {
  const room = (length: number) => Math.floor((open.rows * ROW_LENGTH) / length);
  const { tokens, period } = blockRows(open.model.architecture, {
    seed: 0,
    period: PERIOD,
    examplesFor: (length) => Math.max(1, Math.min(SEEDS, room(length))),
  });
  const [examples, length] = tokens.shape as readonly [number, number];
  const query = length - 2;
  const places = Array.from({ length: examples }, (_, row) => ({
    ids: [...tokens.data.subarray(row * length, (row + 1) * length)],
    query,
    target: query - period + 1,
  }));
  return [{ tokens, places }];
}

async function effectsOf(
  state: Held,
  { induction, previous }: Requests["example"]["args"],
  tokens: Tensor<Int32Array>,
  places: readonly Place[],
): Promise<number[]> {
  const { layer, head } = induction;
  const bench = await state.workbench();
  const [batch, length] = tokens.shape as readonly [number, number];
  const queries = [...new Set(places.map(({ query }) => query))];
  const run = (edits: readonly HeadEdit[]) =>
    bench.run({ tokens, repeats: null }, { layer, edits, logitPositions: queries });
  const whole = await run([]);
  const cut = previous && (await run(zeroHeads([previous])));
  const heads = whole.patterns!.shape[1]!;
  return places.map(({ ids, query, target }, index) => {
    const row = batch === 1 ? 0 : index;
    const at = ((row * heads + head) * length + query) * length + target;
    const size = whole.logits!.shape.at(-1)!;
    const first = (row * queries.length + queries.indexOf(query)) * size;
    const probability = softmax(whole.logits!.data.subarray(first, first + size))[ids[query + 1]!]!;
    const lost = whole.patterns!.data[at]! - (cut ? cut.patterns!.data[at]! : 0);
    return Math.min(lost, probability);
  });
}
