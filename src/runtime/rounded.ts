/** @file How far products of 8 bits, or of float16, are from float32's on a model: measured before they are used, and said. */
import type { Backend } from "../base/backend.ts";
import { InputError, UnableError } from "../base/errors.ts";
import { capture } from "../graph/edits/capture.ts";
import { prune, type Program } from "../graph/program.ts";
import { keepsBlocks } from "./weightNeeds.ts";
import { oncePerProgram } from "./oncePerProgram.ts";
import { largestDifference, outputsOfOneRow, ROW_LENGTH, shareApart } from "./oneRow.ts";

const PATTERN = ".attn.hook_pattern";

/** The engine with products of 8 bits on the processor, of float16 elsewhere. */
export function withRounding(engine: Backend, say?: (words: string) => void): Backend {
  return { ...engine, rounding: { bits: keepsBlocks(engine) ? 8 : 16, say } };
}

/**
 * The engine as it is, or, where it is asked to round, with a `choice` that says how far one row of random tokens is from float32.
 *
 * @param program left out: nothing is measured yet, which is done when a model is known
 * @throws {InputError} "options" for an engine that has neither products of 8 bits nor float16
 * @throws {UnableError} where the model has numbers that float16 has not
 */
export async function checkRounding(engine: Backend, program?: Program): Promise<Backend> {
  if (!engine.rounding) return engine;
  if (!keepsBlocks(engine) && !(engine.device === "webgpu" && engine.keepsHalves))
    throw new InputError(
      "options",
      `\`fast\` rounds to 8 bits on the processor (device cpu or wasm), and to float16 on a WebGPU adapter that has it, outside browsers; got device ${engine.device}`,
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
  if (!Number.isFinite(most([...expected.keys()], largestDifference)))
    throw new UnableError(
      "`fast` gives numbers that are none on this model, since it has some that float16 has not; without it they are right",
    );
  const inAttention = `attention by up to ${most(patterns, largestDifference).toPrecision(2)}`;
  const outputs = program.outputs.map((name) => name.replace(/^.*\.hook_/, "")).join(", ");
  const inOutputs = `${outputs} by up to ${(100 * most(program.outputs, shareApart)).toPrecision(2)} % of the largest`;
  const products = backend.rounding?.bits === 16 ? "float16" : "8 bits";
  return `fast: products of ${products}; on a row of ${ROW_LENGTH} tokens they change ${[...(patterns.length > 0 ? [inAttention] : []), inOutputs].join(" and ")}`;
}
