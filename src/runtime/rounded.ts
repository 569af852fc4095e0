/** @file How far products of 8 bits are from float32's on a model: measured before they are used, and said. */
import type { Backend } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";
import { capture } from "../graph/edits/capture.ts";
import { prune, type Program } from "../graph/program.ts";
import { keepsBlocks } from "./memory.ts";
import { oncePerProgram } from "./oncePerProgram.ts";
import { largestDifference, outputsOfOneRow, ROW_LENGTH, shareApart } from "./oneRow.ts";

const PATTERN = ".attn.hook_pattern";

/**
 * The engine as it is, or, where it is asked to round, with a `choice` that says how far one row of random tokens is from float32.
 *
 * @param program left out: nothing is measured yet, which is done when a model is known
 * @throws {InputError} "options" for an engine that is not the processor's
 */
export async function checkRounding(engine: Backend, program?: Program): Promise<Backend> {
  if (!engine.rounding) return engine;
  if (!keepsBlocks(engine))
    throw new InputError(
      "options",
      `\`fast\` rounds to 8 bits on the processor (device cpu or wasm), got device ${engine.device}`,
      { option: "fast" },
    );
  return program ? { ...engine, choice: await measureRounding(program, engine) } : engine;
}

const measureRounding = oncePerProgram(async (program, backend) => {
  const words = await wordsFor(program, backend);
  backend.rounding?.say?.(words);
  return words;
});

async function wordsFor(program: Program, backend: Backend): Promise<string> {
  const { rounding: _, ...exact } = backend;
  const patterns = program.ops.flatMap(({ output }) => (output.endsWith(PATTERN) ? [output] : []));
  const observed = prune(capture(program, patterns));
  const expected = await outputsOfOneRow(observed, exact);
  const got = await outputsOfOneRow(observed, backend);
  const most = (names: readonly string[], apart: typeof shareApart) =>
    Math.max(...names.map((name) => apart(expected.get(name)!.data, got.get(name)!.data)));
  const inAttention = `attention by up to ${most(patterns, largestDifference).toPrecision(2)}`;
  const outputs = program.outputs.map((name) => name.replace(/^.*\.hook_/, "")).join(", ");
  const inOutputs = `${outputs} by up to ${(100 * most(program.outputs, shareApart)).toPrecision(2)} % of the largest`;
  return `fast: products of 8 bits; on a row of ${ROW_LENGTH} tokens they change ${[...(patterns.length > 0 ? [inAttention] : []), inOutputs].join(" and ")}`;
}
