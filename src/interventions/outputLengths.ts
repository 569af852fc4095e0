/** @file How much heads write: the length of what each adds to the stream, as norms after it see it. */
import { tensor, type Tensor } from "../base/tensor.ts";
import type { Backend } from "../base/backend.ts";
import { builder } from "../graph/builder.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Program } from "../graph/program.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import { isMissing, type ProgramAnatomy } from "../models/anatomy/programAnatomy.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import { prepare, type Session } from "../runtime/prepare.ts";
import { takeRows } from "./rows.ts";

export interface OutputLengths {
  /** |z W_O| of each head, less its mean over entries where norms take that off: [rows, position, head]. */
  of(layer: number, z: Tensor): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * Sessions, each opened when its layer is first asked for; where outputs are not products with one weight, lengths are those
 * of z itself.
 *
 * @param positions tokens in a row
 */
export function openOutputLengths(
  { program, architecture }: LoadedModel,
  backend: Backend,
  positions: number,
): OutputLengths {
  const parts = anatomy(program, architecture);
  const sessions = new Map<number, Session>();
  const open = async (layer: number) => {
    if (isMissing(parts.layers[layer]!.attention.projection)) return undefined;
    const session =
      sessions.get(layer) ??
      (await prepare(lengthProgram(program, parts, layer), backend, {
        batch: 1,
        position: positions,
      }));
    sessions.set(layer, session);
    return session;
  };
  return {
    of: async (layer, z) => lengthsOf(await open(layer), layer, z),
    async close() {
      for (const session of sessions.values()) await session.close();
    },
  };
}

function lengthProgram(program: Program, parts: ProgramAnatomy, layer: number): Program {
  const result = hookName(layer, "attn.hook_result");
  const b = builder(program);
  const less = centres(parts) ? b.op("mean", [result], { axes: ["d_model"] }) : null;
  const difference = less === null ? result : b.op("sub", [result, less], {});
  const outputs = [
    b.op("sum", [b.mul(difference, difference)], { axes: ["d_model"] }, valueName(layer)),
  ];
  return slice(b.program(outputs, program.limits), {
    outputs,
    from: [hookName(layer, "attn.hook_z")],
  });
}

const valueName = (layer: number) => `output.square.${layer}`;

function centres({ end, layers }: ProgramAnatomy): boolean {
  const norm = isMissing(end) ? layers[0]?.attention.norm : end.norm;
  return norm?.center ?? false;
}

/** One row at a time: heads x d_model numbers for each token are much for wide models. */
async function lengthsOf(session: Session | undefined, layer: number, z: Tensor): Promise<Tensor> {
  const [rows, positions, heads] = z.shape as readonly [number, number, number, number];
  const lengths = new Float32Array(rows * positions * heads);
  for (let row = 0; row < rows; row++) {
    const rowZ = takeRows(z, [row]);
    const trace = await session?.run(new Map([[hookName(layer, "attn.hook_z"), rowZ]]));
    const squares = trace?.get(valueName(layer))!.data ?? squaresOf(rowZ);
    lengths.set(squares.map(Math.sqrt), row * positions * heads);
  }
  return tensor(["batch", "position", "head"], [rows, positions, heads], lengths);
}

function squaresOf({ data, shape }: Tensor): Float32Array {
  const size = shape.at(-1)!;
  return Float32Array.from({ length: data.length / size }, (_, at) =>
    data.subarray(at * size, (at + 1) * size).reduce((sum, value) => sum + value * value, 0),
  );
}
