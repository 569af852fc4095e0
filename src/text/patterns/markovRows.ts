import { tensor, type Tensor } from "../../base/tensor.ts";
import { markovRow, type MarkovRow } from "./markovRow.ts";
import { drawTokens, patternRows, type PatternOptions } from "./tokenPattern.ts";

/** Rows of random chains, each over symbols of its own or over the same ones. */
export interface MarkovRows {
  /** Token ids, axes [batch, position], BOS first where there is one. */
  readonly tokens: Tensor<Int32Array>;
  /** 1 after BOS, else 0. */
  readonly start: number;
  /** The tokens that symbols are, axes [batch, position, symbol]: the same at every position of a row. */
  readonly symbolTokens: Tensor<Int32Array>;
  /** What each row was drawn from. */
  readonly chains: readonly MarkovRow[];
}

/**
 * `[BOS] x`, x a row of a random Markov chain over some symbols.
 *
 * @param symbols how many; or the very tokens, for a model that was trained on these
 * @param length tokens of x
 */
export function markovRows(
  options: Pick<PatternOptions, "seed" | "examples" | "bos" | "ordinary">,
  { symbols, length }: { readonly symbols: number | readonly number[]; readonly length: number },
): MarkovRows {
  const size = typeof symbols === "number" ? symbols : symbols.length;
  const chains: MarkovRow[] = [];
  const alphabets: (readonly number[])[] = [];
  const { tokens, start } = patternRows({ ...options, period: 2 }, (stream) => {
    const alphabet =
      typeof symbols === "number" ? drawTokens(stream, size, options.ordinary) : symbols;
    const chain = markovRow(stream, size, length);
    chains.push(chain);
    alphabets.push(alphabet);
    return Array.from(chain.states, (state) => alphabet[state]!);
  });
  const [batch, positions] = tokens.shape as readonly [number, number];
  const ids = alphabets.flatMap((alphabet) =>
    Array.from({ length: positions }, () => alphabet).flat(),
  );
  const axes = ["batch", "position", "symbol"] as const;
  const symbolTokens = tensor(axes, [batch, positions, size], Int32Array.from(ids));
  return { tokens, start, symbolTokens, chains };
}
