/** @file The loss of a copy across: mean -log p of the tokens that a decoder is to write, by example. */
import type { Tensor } from "../../base/tensor.ts";
import { TOKEN_LOSS_VALUES, withTokenLoss } from "../../graph/edits/withTokenLoss.ts";
import { prune, type Program } from "../../graph/program.ts";
import type { CrossRows, FedRows } from "../../inputs/stackRows.ts";
import { takeRows } from "../../interventions/rows.ts";
import { nextTokens } from "../../measure/nextTokens.ts";
import type { Runs, SharedValues } from "./stackRuns.ts";

/** The program that gives the loss at each position, and nothing else. */
export function lossProgram(program: Program, vocabulary: number): Program {
  return prune(withTokenLoss({ ...program, outputs: [] }, vocabulary));
}

/** The first rows of both kinds, with the tokens to write. */
export function lossRows({ copied, other, crossing }: CrossRows, examples: number): CrossRows {
  return { copied: firstRows(copied, examples), other: firstRows(other, examples), crossing };
}

function firstRows(rows: FedRows, examples: number): FedRows {
  const firstIndices = Array.from({ length: examples }, (_, row) => row);
  const first = new Map([...rows].map(([name, value]) => [name, takeRows(value, firstIndices)]));
  const decoder = first.get("decoder") as Tensor<Int32Array>;
  return new Map([...first, [TOKEN_LOSS_VALUES.targets, nextTokens(decoder)] as const]);
}

/** Losses of the copy: by example, where the encoder reads the tokens to write and where it reads others. */
export interface CopyLosses {
  readonly copied: Float64Array;
  readonly other: Float64Array;
}

/** @param rows as `lossRows` gives them */
export async function copyLosses(
  runs: Runs,
  { copied, other, crossing }: CrossRows,
): Promise<CopyLosses> {
  return {
    copied: await meanLosses(runs, copied, crossing),
    other: await meanLosses(runs, other, crossing),
  };
}

/** Means by example, in nats; `rows` of `lossRows`. */
export async function meanLosses(
  runs: Runs,
  rows: FedRows,
  { period }: CrossRows["crossing"],
  more: SharedValues = [],
): Promise<Float64Array> {
  const means = new Float64Array(rows.get("decoder")!.shape[0]!);
  await runs.pass(rows, more, (trace, from) => {
    const { data, shape } = trace.get(TOKEN_LOSS_VALUES.loss)!;
    for (let row = 0; row < shape[0]!; row++) {
      const own = data.subarray(row * shape[1]!, row * shape[1]! + period);
      means[from + row] = own.reduce((sum, loss) => sum + loss, 0) / period;
    }
  });
  return means;
}
