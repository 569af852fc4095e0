/** @file Cuts a batch into runs small enough to stay in memory and to be stopped between. */
import { typesOf, type Program } from "../graph/program.ts";
import type { Backend } from "../base/backend.ts";
import { planMemory } from "./memory.ts";

/**
 * Tokens in one run: enough for full speed, few enough for little memory. Two threads were measured flat from 256 to 3,200, 16 have 69 % of
 * their rate with 320 and 95 with thousands; a graphics card (one was tried) is not busy with 320, and several times as fast with thousands.
 */
const TOKENS_PER_RUN = { cpu: 320, wasm: 320, ...forAccelerators(3200) } as const;

/** A processor's limits are for so many threads; more have more of both, up to so many tokens. */
const [THREADS, MOST_TOKENS] = [2, 3200];

/**
 * Multiply-adds that a run may take: about a quarter of a second on two cores that are not busy, or a graphics card in a laptop. A model of
 * a billion parameters takes more on a processor, see LEAST_TOKENS: two seconds whole, a fifth of one in pieces.
 */
export const OPERATIONS_PER_RUN = { cpu: 30e9, wasm: 3e9, ...forAccelerators(200e9) } as const;

/**
 * Tokens that a run has whatever it takes, as far as whole rows go. With 64 a processor multiplies matrices of a billion parameters at
 * 0.7 to 0.8 of the rate that it has with 640, with 192 at 0.9 to 1 (`npm run bench:runs`); WASM was tried by hand, and is flat.
 */
const LEAST_TOKENS = { cpu: 192, wasm: 0, ...forAccelerators(0) } as const;

/** In pieces a run of one takes a part of the time. */
const LEAST_IN_PIECES = { ...LEAST_TOKENS, cpu: 320 } as const;

function forAccelerators<Value>(value: Value) {
  return { webgpu: value, cuda: value, coreml: value, directml: value };
}

type Engine = Pick<Backend, "device"> & Partial<Pick<Backend, "threads">>;
type Lengths = number | Readonly<Record<string, number>>;

/**
 * How many rows of `length` tokens (or with these lengths of the symbols, as "position") one run takes: at least 1. It depends on the
 * program, the engine's kind, its threads, the length and `tokens` alone, so that the same input is always cut alike. Scores do not depend
 * on the cut, bit for bit; a product with a single row or column is made by another kernel, so metrics of few positions can differ by it
 * in their last float32 digit.
 *
 * @param tokens most that it takes, of a processor with two threads
 */
export function rowsPerRun(
  program: Program,
  engine: Engine,
  length: Lengths,
  tokens: number = TOKENS_PER_RUN[engine.device],
): number {
  return rowsWithin(program, engine, length, { tokens, least: LEAST_TOKENS[engine.device] });
}

/** The same for means of scores, which do not depend on the cut: runs of what does not fit the budget of `backend` are longer. */
export function scoredRowsPerRun(program: Program, backend: Backend, length: Lengths): number {
  const [tokens, least] = [TOKENS_PER_RUN[backend.device], LEAST_IN_PIECES[backend.device]];
  const { budget } = backend;
  const isWhole = !budget || planMemory(program, backend, {}).totalBytes <= budget.bytes;
  return isWhole
    ? rowsPerRun(program, backend, length)
    : rowsWithin(program, { device: backend.device }, length, { tokens, least });
}

function rowsWithin(
  program: Program,
  { device, threads = THREADS }: Engine,
  length: Lengths,
  { tokens, least }: { readonly tokens: number; readonly least: number },
): number {
  const lengths = typeof length === "number" ? { position: length } : length;
  const longest = Object.values(lengths).reduce((most, size) => Math.max(most, size), 1);
  const share = device === "cpu" ? Math.max(1, threads / THREADS) : 1;
  const most = Math.max(tokens, Math.min(MOST_TOKENS, share * tokens));
  const perRow = multiplyAdds(program, { ...lengths, batch: 1 });
  const byWork = Math.floor((share * OPERATIONS_PER_RUN[device]) / perRow);
  const fewest = Math.floor(least / longest);
  return Math.max(1, Math.min(Math.floor(most / longest), Math.max(fewest, byWork)));
}

/** Multiply-adds of all contractions for these lengths of the symbols; symbols without one count as 1. */
export function multiplyAdds(program: Program, sizes: Readonly<Record<string, number>>): number {
  const types = typesOf(program);
  let total = 0;
  for (const op of program.ops) {
    if (op.op !== "contract") continue;
    const axes = new Map(
      op.inputs
        .slice(0, 2)
        .flatMap((name) => types.get(name)!.axes.map((axis) => [axis.name, axis.size])),
    );
    total += [...axes.values()].reduce<number>(
      (product, size) => product * (typeof size === "number" ? size : (sizes[size] ?? 1)),
      1,
    );
  }
  return total;
}
