/** @file Whether a device computes what the processor computes: drivers have given wrong numbers without an error. */
import type { Backend } from "../base/backend.ts";
import { UnableError } from "../base/errors.ts";
import { capture } from "../graph/edits/capture.ts";
import { prune, type Program } from "../graph/program.ts";
import { withBudget } from "./memoryBudget.ts";
import { oncePerProgram } from "./oncePerProgram.ts";
import { outputsOfOneRow, shareApart } from "./oneRow.ts";

/** Largest difference that passes, as a share of the largest number of its value, or of 1 where that is less. */
export const ALLOWED_DIFFERENCE = 1e-4;

/**
 * The largest difference between what `backend` and its reference make of one row of repeated random tokens: all outputs, and
 * the last layer's patterns and residual stream. Checked once for a program and an engine.
 *
 * @returns as a share, see {@link ALLOWED_DIFFERENCE}; infinite where one has a number and the other has none; 0 for an engine
 *   that needs no reference
 */
export const selfCheck = oncePerProgram(
  async (program: Program, backend: Backend): Promise<number> => {
    const { reference } = backend;
    return reference ? differenceOf(program, backend, reference) : 0;
  },
);

/**
 * Refuses a device that computes this program differently from the processor, or not at all.
 *
 * @throws {UnableError} with how far it is off, and the device that computes it right
 */
export async function refuseWrongDevice(program: Program, backend: Backend): Promise<void> {
  const { device, reference } = backend;
  if (!reference) return;
  const instead = `\`device\` ${device === "webgpu" && !backend.mapsFiles ? "wasm" : "cpu"} computes it`;
  const difference = await selfCheck(program, backend).catch((error: unknown) => {
    if (error instanceof UnableError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new UnableError(`device ${device} could not run this model (${words}); ${instead}`, {
      cause: error,
    });
  });
  if (difference <= ALLOWED_DIFFERENCE) return;
  throw new UnableError(
    `device ${device} failed its self-check on this model: it differs from the processor by ${difference.toExponential(1)} where ${ALLOWED_DIFFERENCE} is allowed; ${instead}`,
  );
}

async function differenceOf(
  program: Program,
  backend: Backend,
  reference: NonNullable<Backend["reference"]>,
): Promise<number> {
  const observed = withLastLayer(program);
  const expected = await outputsOfOneRow(observed, withBudget(await reference()));
  const got = await outputsOfOneRow(observed, backend);
  return Math.max(
    ...[...expected].map(([name, value]) => shareApart(value.data, got.get(name)!.data)),
  );
}

function withLastLayer(program: Program): Program {
  const last = [".attn.hook_pattern", ".hook_resid_post"].flatMap((ending) => {
    const op = program.ops.findLast(({ output }) => output.endsWith(ending));
    return op ? [op.output] : [];
  });
  return prune(capture(program, last));
}
