import { builder } from "../builder.ts";
import type { Program } from "../program.ts";

/** What `withSymbolLogProbs` adds to a program. */
export const SYMBOL_VALUES = {
  /** Input [batch, position, symbol]: the tokens that symbols are. */
  symbols: "symbol_tokens",
  /** [batch, position, symbol], in nats. */
  logProbs: "symbol_log_probs",
} as const;

/**
 * Add the output `symbol_log_probs`: log of the probability that the next token is each of some symbols, given that it is one of
 * them: logits[symbol] - logSumExp over the symbols' logits.
 *
 * @param symbols how many there are
 */
export function withSymbolLogProbs(
  program: Program,
  { vocabulary, symbols }: { readonly vocabulary: number; readonly symbols: number },
): Program {
  const b = builder(program);
  const ids = b.input(
    SYMBOL_VALUES.symbols,
    "int32",
    { batch: "batch", position: "position", symbol: symbols },
    { below: vocabulary },
  );
  const logits = b.op("pick", ["logits", ids], {});
  const all = b.op("logSumExp", [logits], { axis: "symbol" });
  b.op("sub", [logits, all], {}, SYMBOL_VALUES.logProbs);
  return b.program([...program.outputs, SYMBOL_VALUES.logProbs], program.limits);
}
