/** @file How a checkpoint predicts in random Markov chains: which way of counting in the context it is nearest to. */
import type { Backend } from "../../base/backend.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";
import { InputError } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { SYMBOL_VALUES, withSymbolLogProbs } from "../../graph/edits/withSymbolLogProbs.ts";
import { prune } from "../../graph/program.ts";
import { bosFor, type GeneratedInput } from "../../inputs/scoreInput.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { takeRows } from "../../interventions/rows.ts";
import { followedStrategy, type FollowedStrategy } from "../../measure/contextStrategies.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { Architecture } from "../../models/family.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare } from "../../runtime/prepare.ts";
import { markovRows, type MarkovRows } from "../../text/patterns/markovRows.ts";

const ROWS = 32;
/** Tokens of a chain, fewer if there is no room: enough to count what follows a few symbols. */
const LENGTH = 128;

/**
 * Rows that every checkpoint reads.
 *
 * @throws {InputError} "range" for fewer than two symbols, or more than there are tokens; "tokens" for ids that there are not
 */
export function chainRows(
  architecture: Architecture,
  symbols: number | readonly number[],
  { seed = 0, bos = "auto" }: Pick<GeneratedInput, "seed" | "bos">,
): MarkovRows {
  const { ids } = drawnTokens(architecture);
  const count = typeof symbols === "number" ? symbols : symbols.length;
  checkWholeNumber("symbols", count, 2, ids.length);
  const { vocabulary, contextLength } = architecture;
  const unknown = typeof symbols === "number" ? [] : symbols.filter((id) => !(id < vocabulary));
  if (unknown.length > 0)
    throw new InputError(
      "tokens",
      `\`symbols\` needs token ids below ${vocabulary}, got ${unknown.join(", ")}`,
      { option: "symbols" },
    );
  const { bosToken } = bosFor(architecture, bos);
  const length = Math.min(LENGTH, contextLength - (bosToken === null ? 0 : 1));
  return markovRows(
    { seed, examples: ROWS, bos: bosToken, ordinary: ids },
    { symbols: typeof symbols === "number" ? count : symbols, length },
  );
}

/** @returns nats; a model that knows nothing of the context is nearest to `uniform` */
export async function checkpointStrategies(
  { program, architecture: { vocabulary } }: LoadedModel,
  backend: Backend,
  { tokens, symbolTokens, chains, start }: MarkovRows,
): Promise<FollowedStrategy> {
  const [rows, length, symbols] = symbolTokens.shape as readonly [number, number, number];
  const read = prune(withSymbolLogProbs({ ...program, outputs: [] }, { vocabulary, symbols }));
  const batch = Math.min(rows, rowsPerRun(read, backend, length));
  const session = await prepare(read, backend, { batch, position: length });
  const logs = new Float32Array(rows * length * symbols);
  try {
    for (const chunk of chunksOf(rows, batch)) {
      const feeds = new Map<string, Tensor<Int32Array>>([
        ["tokens", takeRows(tokens, chunk)],
        [SYMBOL_VALUES.symbols, takeRows(symbolTokens, chunk)],
      ]);
      const trace = await session.run(feeds);
      logs.set(trace.get(SYMBOL_VALUES.logProbs)!.data, chunk[0]! * length * symbols);
    }
  } finally {
    await session.close();
  }
  const axes = ["batch", "position", "symbol"] as const;
  return followedStrategy(tensor(axes, [rows, length, symbols], logs), chains, start);
}
