/** @file How often a token of a full circuit is its own first choice: [token, token] scores a few rows at a time. */
import { random } from "../../base/random.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { builder } from "../../graph/builder.ts";
import { proportionInterval } from "../../measure/proportionInterval.ts";
import type { CircuitAccuracy } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";

export interface Ranker {
  /**
   * Of the tokens t in `tokens`: the share whose own entry is the largest, or among the five largest, of
   * scores[t, s] = left[t] . right[s] over all s. Of equal entries the others count as larger, so a circuit of zeros has 0.
   * Random vectors have 1 / vocabulary and 5 / vocabulary.
   */
  accuracy(left: Tensor, right: Tensor, tokens: readonly number[]): Promise<CircuitAccuracy>;
  close(): Promise<void>;
}

/** Rows of scores in one run: with 50,000 tokens 26 MB. */
const ROWS = 128;

/** All tokens, or `count` of them at random. */
export function circuitTokens(vocabulary: number, count: number): number[] {
  if (count >= vocabulary) return Array.from({ length: vocabulary }, (_, token) => token);
  return random(0)
    .distinct(count, vocabulary)
    .sort((first, other) => first - other);
}

export async function ranker(
  backend: Backend,
  { vocabulary, width }: { readonly vocabulary: number; readonly width: number },
): Promise<Ranker> {
  const b = builder();
  const left = b.input("left", "float32", { batch: "batch", d_head: width });
  const right = b.input("right", "float32", { d_vocab: vocabulary, d_head: width });
  const tokens = b.input("tokens", "int32", { batch: "batch" }, { below: vocabulary });
  const scores = b.contract(left, right, ["batch", "d_vocab"]);
  const smaller = b.op("greater", [b.op("pick", [scores, tokens], {}), scores], {});
  const counted = b.op(
    "where",
    [smaller, b.constant("one", {}, [1]), b.constant("none", {}, [0])],
    {},
  );
  b.op("sum", [counted], { axes: ["d_vocab"] }, "smaller");
  const session = await prepare(b.program(["smaller"]), backend, { batch: ROWS });
  return {
    accuracy: (of, to, which) => accuracy(session, of, to, which),
    close: () => session.close(),
  };
}

async function accuracy(
  session: Session,
  left: Tensor,
  right: Tensor,
  tokens: readonly number[],
): Promise<CircuitAccuracy> {
  const [vocabulary, width] = right.shape as readonly [number, number];
  const all = tensor(["d_vocab", "d_head"], [vocabulary, width], right.data);
  let [first, five] = [0, 0];
  for (let from = 0; from < tokens.length; from += ROWS) {
    const batch = tokens.slice(from, from + ROWS);
    const rows = new Float32Array(batch.length * width);
    batch.forEach((token, row) =>
      rows.set(left.data.subarray(token * width, (token + 1) * width), row * width),
    );
    const feeds = new Map<string, Tensor | Tensor<Int32Array>>([
      ["left", tensor(["batch", "d_head"], [batch.length, width], rows)],
      ["right", all],
      ["tokens", tensor(["batch"], [batch.length], Int32Array.from(batch))],
    ]);
    for (const smaller of (await session.run(feeds)).get("smaller")!.data) {
      const before = vocabulary - 1 - smaller;
      first += before === 0 ? 1 : 0;
      five += before < 5 ? 1 : 0;
    }
    await turn();
  }
  const sampled = tokens.length < vocabulary;
  const share = (count: number) => ({
    value: count / tokens.length,
    interval: sampled ? proportionInterval(count, tokens.length) : null,
  });
  return { top1: share(first), top5: share(five), tokens: tokens.length };
}
