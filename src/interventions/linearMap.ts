/** @file A piece of a Program that is linear, but for a constant, once the scales of its norms are frozen. */
import { sizeOf, tensor, type Tensor } from "../base/tensor.ts";
import { slice } from "../graph/edits/slice.ts";
import { typesOf, type Program } from "../graph/program.ts";
import type { Backend, Trace } from "../base/backend.ts";
import { rowsPerRun } from "../runtime/chunks.ts";
import { prepare, type Session } from "../runtime/prepare.ts";

/** A summand of one of the map's inputs, [1, position, ...]. */
export interface MapPart {
  readonly input: string;
  readonly value: Tensor;
}

export interface LinearMap {
  /** Parts that one call should take. */
  readonly rows: number;
  /** What the map makes of zeros, by output: [1, ...]. */
  readonly constant: Trace;
  /** What it makes of each part alone, less the constant: [part, ...] by output. */
  of(parts: readonly MapPart[]): Promise<Trace>;
  close(): Promise<void>;
}

export interface MapOptions {
  readonly from: readonly string[];
  readonly outputs: readonly string[];
  /** Scales of norms, as the whole run has them: [1, position, ...]. */
  readonly frozen: Trace;
  /** Positions in each part. */
  readonly length: number;
}

/**
 * The piece of `program` from `from` to `outputs`. Norms divide by `frozen`, whatever part comes in, so that parts that sum
 * to a value make outputs that, with the constant, sum to what the value makes.
 */
export async function linearMap(
  program: Program,
  backend: Backend,
  { from, outputs, frozen, length }: MapOptions,
): Promise<LinearMap> {
  const piece = slice(program, { outputs, from: [...from, ...frozen.keys()] });
  const rows = rowsPerRun(piece, backend, length);
  const session = await prepare(piece, backend, { batch: rows, position: length });
  const run = (parts: readonly (MapPart | null)[]) =>
    session.run(
      new Map([
        ...from.map((name) => [name, stackTensors(session, name, parts, length)] as const),
        ...[...frozen].map(([name, value]) => [name, repeatRows(value, parts.length)] as const),
      ]),
    );
  const constant = await run([null]);
  return {
    rows,
    constant,
    of: async (parts) => less(await run(parts), constant),
    close: () => session.close(),
  };
}

/** The values that parts have for one input, zeros for parts of another: [part, position, ...]. */
function stackTensors(
  { program }: Session,
  name: string,
  parts: readonly (MapPart | null)[],
  length: number,
): Tensor {
  const { axes } = typesOf(program).get(name)!;
  const sizes = axes.slice(1).map(({ size }) => (typeof size === "number" ? size : length));
  const area = sizeOf(sizes);
  const data = new Float32Array(parts.length * area);
  parts.forEach((part, row) => {
    if (part?.input === name) data.set(part.value.data, row * area);
  });
  const names = axes.map((axis) => axis.name);
  return tensor(names, [parts.length, ...sizes], data);
}

function repeatRows({ axes, shape, data }: Tensor, times: number): Tensor {
  const all = new Float32Array(times * data.length);
  for (let row = 0; row < times; row++) all.set(data, row * data.length);
  return tensor(axes, [times, ...shape.slice(1)], all);
}

function less(trace: Trace, constant: Trace): Trace {
  return new Map(
    [...trace].map(([name, { axes, shape, data }]) => {
      const zero = constant.get(name)!.data;
      const rest = data.map((value, index) => value - zero[index % zero.length]!);
      return [name, tensor(axes, shape, rest)];
    }),
  );
}
