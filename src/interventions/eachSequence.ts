import type { Progress } from "../base/progress.ts";
import type { TensorData, Tensor } from "../base/tensor.ts";
import type { Program } from "../graph/program.ts";
import type { Backend, Trace } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { rowOf, type Sequences } from "../inputs/sequences.ts";

export interface EachOptions {
  /** What is being done, for progress. */
  readonly step: string;
  /** What each sequence is fed beside its tokens, by input; null for a sequence to leave out. */
  readonly feeds?:
    ((sequence: number) => ReadonlyMap<string, Tensor<TensorData>> | null) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

/**
 * Runs sequences one by one, since they may differ in length, in one session.
 *
 * @throws {AbortError} between two sequences once `signal` is aborted
 */
export async function eachSequence(
  program: Program,
  backend: Backend,
  { sequences, info }: Pick<Sequences, "sequences" | "info">,
  { step, feeds = () => new Map(), signal, progress }: EachOptions,
  take: (trace: Trace, sequence: number) => void,
): Promise<void> {
  const session = await prepare(program, backend, { batch: 1, position: info.length });
  try {
    const runs = sequences.flatMap((sequence, index) => {
      const more = feeds(index);
      return more ? [{ index, feeds: new Map([["tokens", rowOf(sequence)], ...more]) }] : [];
    });
    await session.pass(
      runs.map((run) => run.feeds),
      (trace, run) => {
        const { index } = runs[run]!;
        take(trace, index);
        progress?.(step, index + 1, sequences.length);
      },
      { signal, progress, step },
    );
  } finally {
    await session.close();
  }
}
