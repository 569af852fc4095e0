/** @file Models of many families in the smallest pieces that can be cut: the same bytes as whole. */
import { describe, expect, test } from "vitest";
import type { Backend, Feeds } from "../../src/base/backend.ts";
import { tensor, type Tensor, type TensorData } from "../../src/base/tensor.ts";
import { attentionTableFeeds } from "../../src/graph/edits/withAttentionScores.ts";
import { prune, type Program } from "../../src/graph/program.ts";
import { attentionTables } from "../../src/measure/attentionTables.ts";
import { openModel } from "../../src/models/open.ts";
import { openSession } from "../../src/runtime/openSession.ts";
import { passThrough } from "../../src/runtime/passThrough.ts";
import { piecesOf } from "../../src/runtime/pieces.ts";
import { SCORE_VALUES, scoreProgram } from "../../src/studies/score/scoreProgram.ts";
import { oneEngine } from "../interventions/engine.ts";
import { shared, unlessShared } from "../shared.ts";

const SIZES = { batch: 2, position: 10 };
/** Norms before and after, sandwiched and parallel; shared keys, windows, sinks, experts, latent keys, ALiBi, state spaces. */
const FAMILIES = [
  "gpt2",
  "gemma3",
  "gpt_oss",
  "mixtral",
  "deepseek_v3",
  "cohere",
  "bloom",
  "mamba2",
];

const engine = await oneEngine();

function feeds(seed: number, { inputs }: Program): Feeds {
  const { batch, position } = SIZES;
  const axes = ["batch", "position"];
  const ids = Int32Array.from({ length: batch * position }, (_, at) => (at * 7 + seed) % 32);
  const tables = attentionTables({ start: 0, period: position / 2, length: position });
  const all: (readonly [string, Tensor<TensorData>])[] = [
    ["tokens", tensor(axes, [batch, position], ids)],
    ["targets", tensor(axes, [batch, position], ids)],
    [SCORE_VALUES.lossRows, tensor(["batch"], [2], Int32Array.of(0, 1))],
    ...attentionTableFeeds(tables),
  ];
  return new Map(all.filter(([name]) => inputs.some((input) => input.name === name)));
}

/** Runs `program` in pieces that are as small as they can be. */
async function inSmallestPieces(program: Program, backend: Backend, runs: readonly Feeds[]) {
  const pieces = piecesOf(program, backend, SIZES, { whole: 0, piece: 0 }).map((piece) => ({
    ...piece,
    tenant: {
      async use<Result>(
        work: (session: Awaited<ReturnType<typeof openSession>>) => Promise<Result>,
      ) {
        const session = await openSession(piece.program, backend);
        return work(session).finally(() => session.close());
      },
      close: () => Promise.resolve(),
    },
  }));
  const traces: unknown[] = [];
  const take = (trace: unknown) => void traces.push(trace);
  await passThrough(program, pieces, runs, take, { outputs: program.outputs, room: 1e9 });
  return { traces, count: pieces.length };
}

async function whole(program: Program, backend: Backend, runs: readonly Feeds[]) {
  const session = await openSession(program, backend);
  const traces: unknown[] = [];
  for (const run of runs) traces.push(await session.run(run, program.outputs));
  await session.close();
  return traces;
}

describe.each(FAMILIES)("%s", (family) => {
  const { skip, note } = unlessShared("goldens", family);
  test.skipIf(skip)(
    `in pieces as small as can be gives the logits and scores of the whole${note}`,
    { timeout: 60_000 },
    async () => {
      const model = await openModel(shared("goldens", family)!);
      const { program, architecture } = model;
      for (const piece of [
        prune({ ...program, outputs: ["logits"] }),
        prune(scoreProgram(program, architecture, { measures: 5, withLoss: true })),
      ]) {
        const runs = [feeds(1, piece), feeds(5, piece)];
        const { traces, count } = await inSmallestPieces(piece, engine, runs);
        expect(count).toBeGreaterThan(piece.ops.length / 3);
        expect(traces).toEqual(await whole(piece, engine, runs));
      }
      await model.close();
    },
  );
});
