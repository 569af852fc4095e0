/** @file Where a model's numbers stop being finite: the first value in the order of computation, its row and position. */
import type { Backend } from "../../base/backend.ts";
import { slice } from "../../graph/edits/slice.ts";
import { typesOf } from "../../graph/program.ts";
import { generatedRows } from "../../inputs/scoreInput.ts";
import type { Model } from "../../models/family.ts";
import { prepare } from "../../runtime/prepare.ts";

/** Values with a number that is not finite by design are not among them: a score that the mask hides is -Infinity. */
const LOOKED_AT = /\.?hook_(embed|resid_(pre|mid|post)|scale|q|k|v|z|attn_out|mlp_out)$/;

/**
 * A sentence that names the first value of a forward pass on random tokens that is not finite; null if all are.
 *
 * A norm divides by what overflows first, so that a stream that is too large comes out as 0 and not as NaN: its scale is looked
 * at too.
 */
export async function overflowWords(
  model: Pick<Model, "program" | "architecture"> & { readonly id: string },
  backend: Backend,
): Promise<string | null> {
  const { program, architecture } = model;
  const types = typesOf(program);
  const names = program.ops
    .flatMap(({ output }) => output)
    .filter((name) => LOOKED_AT.test(name) && types.get(name)!.axes[1]?.name === "position");
  if (names.length === 0 || architecture.stacks) return null;
  const rows = generatedRows(architecture, { numExamples: 1 });
  const length = rows.tokens.shape[1]!;
  const session = await prepare(slice(program, { outputs: names }), backend, {
    batch: 1,
    position: length,
  });
  try {
    const trace = await session.run(new Map([["tokens", rows.tokens]]));
    for (const name of names) {
      const { data } = trace.get(name)!;
      const at = data.findIndex((value) => !Number.isFinite(value));
      if (at < 0) continue;
      const position = Math.floor((at * length) / data.length);
      return `the run of ${model.id} overflows: ${name} is ${data[at]} in row 0 at position ${position}, the first value that is not finite; weights may be broken or far too large`;
    }
    return null;
  } finally {
    await session.close();
  }
}
