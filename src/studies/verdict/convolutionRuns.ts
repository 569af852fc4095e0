/**
 * @file The convolution of a state-space layer as the previous-token step: the layer's convolution reads the current token
 * alone, and how much of each candidate's attention to the induction target is left.
 */
import { finishedOnce } from "../../base/resumeLog.ts";
import type { HeadAt } from "../../base/headName.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { slice } from "../../graph/edits/slice.ts";
import { freeName } from "../../graph/edits/intercept.ts";
import { typesOf, type Program } from "../../graph/program.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { inductionScores } from "../../interventions/inductionScores.ts";
import { takeRows } from "../../interventions/rows.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { prepare } from "../../runtime/prepare.ts";
import type { Work } from "./work.ts";

/** Attention to the induction target, [candidate][example]: as the model is, and with the layer's convolution cut. */
export interface ConvolutionNumbers {
  readonly whole: readonly (readonly number[])[];
  readonly cut: readonly (readonly number[])[];
}

/** Whether any layer is a state-space layer. */
export function hasScans({ program, architecture }: LoadedModel): boolean {
  return anatomy(program, architecture).layers.some(({ attention }) => attention.scan);
}

/** Of candidates in layers with a convolution, each layer's cut alone. */
export async function convolutionRuns(
  work: Work,
  candidates: readonly HeadAt[],
): Promise<ConvolutionNumbers> {
  const { model, log, signal } = work;
  const { layers } = anatomy(model.program, model.architecture);
  const numbers = {
    whole: candidates.map((): number[] => []),
    cut: candidates.map((): number[] => []),
  };
  for (const layer of new Set(candidates.map((head) => head.layer))) {
    throwIfAborted(signal);
    const { scan, pattern } = layers[layer]!.attention;
    if (!scan) continue;
    const layerHeads = candidates.filter((head) => head.layer === layer);
    const { program } = model;
    const [whole, cut] = await finishedOnce(log, `convolution ${layer}`, async () => [
      await stripes(work, slice(program, { outputs: [pattern] }), layerHeads),
      await stripes(
        work,
        slice(withoutTaps(program, scan.convolution), { outputs: [pattern] }),
        layerHeads,
      ),
    ]);
    layerHeads.forEach((head, index) => {
      numbers.whole[candidates.indexOf(head)] = whole![index]!;
      numbers.cut[candidates.indexOf(head)] = cut![index]!;
    });
  }
  return numbers;
}

/** The same program with a convolution that multiplies all taps but the last, that of the current token, by 0. */
export function withoutTaps(program: Program, weight: string): Program {
  const taps = typesOf(program).get(weight)!.axes.at(-1)!;
  const [mask, masked] = [
    freeName(program, `${weight}.current`),
    freeName(program, `${weight}.cut`),
  ];
  const data = Array.from({ length: Number(taps.size) }, (_, tap) =>
    Number(tap === Number(taps.size) - 1),
  );
  return {
    ...program,
    constants: [...program.constants, { name: mask, type: "float32", axes: [taps], data }],
    ops: program.ops.flatMap((op) =>
      op.op === "convolve" && op.inputs[1] === weight
        ? [
            { op: "mul", inputs: [weight, mask], output: masked, attributes: {} },
            { ...op, inputs: [op.inputs[0]!, masked] },
          ]
        : [op],
    ),
  };
}

/** [head][example] */
async function stripes(
  { backend, chain, rows: { causal } }: Work,
  program: Program,
  heads: readonly HeadAt[],
): Promise<number[][]> {
  const [examples, length] = causal.clean.shape as readonly [number, number];
  const session = await prepare(program, backend, { batch: chain.rows, position: length });
  try {
    const scores = heads.map((): number[] => []);
    for (const chunk of chunksOf(examples, chain.rows)) {
      const trace = await session.run(new Map([["tokens", takeRows(causal.clean, chunk)]]));
      heads.forEach((head, index) =>
        scores[index]!.push(...inductionScores(trace, [head], causal)),
      );
    }
    return scores;
  } finally {
    await session.close();
  }
}
