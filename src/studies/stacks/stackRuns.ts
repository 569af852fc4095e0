/** @file Runs of a model with several inputs: as many rows at a time as fit, in one session. */
import type { Backend, Feeds } from "../../base/backend.ts";
import type { Tensor, TensorData } from "../../base/tensor.ts";
import type { Program } from "../../graph/program.ts";
import type { FedRows } from "../../inputs/stackRows.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { takeRows } from "../../interventions/rows.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import type { StudyOptions } from "../common/studyOptions.ts";

/** What all runs of a study are lent. */
export type Lent = Pick<StudyOptions, "signal" | "progress"> & { readonly backend: Backend };

/** Values that are the same for all rows, by name. */
export type SharedValues = readonly (readonly [string, Tensor<TensorData>])[];

/** Takes what some rows give, and the row that they begin with. */
type Receive = (trace: ReadonlyMap<string, Tensor>, first: number) => void;

/** A session for rows of these lengths. */
export interface Runs {
  /** Runs all rows; `more` is the same for all. */
  pass(rows: FedRows, more: SharedValues, receive: Receive): Promise<void>;
}

/** What `use` makes of a session of `program` for rows as long as `rows`. */
export async function withRuns<Value>(
  program: Program,
  rows: FedRows,
  lent: Lent,
  use: (runs: Runs) => Promise<Value>,
): Promise<Value> {
  const read = readBy(program, rows);
  const lengths = lengthsOf(program, read);
  const perRun = rowsPerRun(program, lent.backend, lengths);
  const symbols = read.map(([name]) => inputNamed(program, name).axes[0]!.size);
  const counts = Object.fromEntries(symbols.map((symbol) => [symbol, perRun]));
  const session = await prepare(program, lent.backend, { ...lengths, ...counts });
  try {
    return await use({
      pass: (own, more, receive) =>
        pass(session, readBy(program, own), perRun, more, lent, receive),
    });
  } finally {
    await session.close();
  }
}

async function pass(
  session: Session,
  read: readonly (readonly [string, Tensor<TensorData>])[],
  perRun: number,
  more: SharedValues,
  { signal, progress }: Lent,
  receive: Receive,
): Promise<void> {
  const examples = read[0]![1].shape[0]!;
  const chunks = chunksOf(examples, perRun);
  const runs = chunks.map((chunk): Feeds => {
    const part = read.map(([name, value]) => [name, takeRows(value, chunk)] as const);
    return new Map([...part, ...more]);
  });
  const step = "running";
  await session.pass(
    runs,
    (trace, run) => {
      const chunk = chunks[run]!;
      receive(trace, chunk[0]!);
      progress?.(step, chunk.at(-1)! + 1, examples);
    },
    { signal, progress, step },
  );
}

function readBy({ inputs }: Program, rows: FedRows) {
  return [...rows].filter(([name]) => inputs.some((input) => input.name === name));
}

/** Lengths of the symbols that rows give. */
function lengthsOf(
  program: Program,
  rows: readonly (readonly [string, Tensor<TensorData>])[],
): Record<string, number> {
  const lengths: Record<string, number> = {};
  for (const [name, { shape }] of rows)
    inputNamed(program, name).axes.forEach(({ size }, at) => {
      if (typeof size === "string" && at > 0) lengths[size] = shape[at]!;
    });
  return lengths;
}

function inputNamed({ inputs }: Program, name: string) {
  return inputs.find((input) => input.name === name)!;
}
