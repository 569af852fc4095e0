/** @file Cuts a batch into runs small enough to stay in memory and to be stopped between. */
import { typesOf, type Program } from "../graph/program.ts";
import type { Backend } from "../base/backend.ts";

/**
 * Tokens in one run: enough for full speed, few enough for little memory. Processors were measured flat from 256 to 3,200; a
 * graphics card (one was tried) is not busy with 320, and several times as fast with thousands.
 */
const TOKENS_PER_RUN = { cpu: 320, wasm: 320, ...forAccelerators(3200) } as const;

/**
 * Multiply-adds that a run may take: about a quarter of a second on two cores that are not busy, or a graphics card in a laptop. A model of
 * a billion parameters takes more on a processor, see LEAST_TOKENS: two seconds whole, a fifth of one in pieces.
 */
export const OPERATIONS_PER_RUN = { cpu: 30e9, wasm: 3e9, ...forAccelerators(200e9) } as const;

/**
 * Tokens that a run has whatever it takes, as far as whole rows go. With 64 a processor multiplies matrices of a billion parameters at
 * 0.8 to 0.95 of the rate that it has from 192 on (`npm run bench:runs`); WASM was tried by hand, and is flat.
 */
const LEAST_TOKENS = { cpu: 192, wasm: 0, ...forAccelerators(0) } as const;

function forAccelerators<Value>(value: Value) {
  return { webgpu: value, cuda: value, coreml: value, directml: value };
}

/**
 * How many rows of `length` tokens (or with these lengths of the symbols, as "position") one run takes: at least 1, with at most `tokens` tokens. It depends on the program, the
 * engine's kind, the length and `tokens` alone, so that the same input is always cut alike. Scores do not depend on the cut,
 * bit for bit; a product with a single row or column is made by another kernel, so metrics of few positions can differ by it
 * in their last float32 digit.
 */
export function rowsPerRun(
  program: Program,
  backend: Pick<Backend, "device">,
  length: number | Readonly<Record<string, number>>,
  tokens: number = TOKENS_PER_RUN[backend.device],
): number {
  const lengths = typeof length === "number" ? { position: length } : length;
  const longest = Object.values(lengths).reduce((most, size) => Math.max(most, size), 1);
  const rowsWithin = (limit: number) => Math.floor(limit / longest);
  const byWork = Math.floor(
    OPERATIONS_PER_RUN[backend.device] / multiplyAdds(program, { ...lengths, batch: 1 }),
  );
  const fewest = rowsWithin(LEAST_TOKENS[backend.device]);
  return Math.max(1, Math.min(rowsWithin(tokens), Math.max(fewest, byWork)));
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
