/** @file The circuits of single heads token by token: singular directions, what they read and write, full-circuit accuracy. */
import { throwIfAborted } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { productSvd, type ProductSvd } from "../../measure/productSvd.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import type { HeadCircuit } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { piecesOf } from "../../inputs/sequences.ts";
import { circuitTokens, ranker, type Ranker } from "./circuitAccuracy.ts";
import { hasEffective } from "../../interventions/embeddingProducts.ts";
import { matrixOfHead } from "../../interventions/matrixOfHead.ts";
import type { HeadMatrices } from "../../interventions/headMatrices.ts";
import { headName } from "../../base/headName.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import type { CircuitPlan } from "./plan.ts";
import { tokenProjector, type Columns, type TokenProjector } from "./tokenProjections.ts";

/**
 * Of each head: the singular value decompositions of W_V W_O and W_Q W_K^T with the tokens at both ends of their strongest
 * directions, and how often a token of the full circuits is its own first choice. Rows of the full circuits, [token, token],
 * exist a hundred at a time.
 */
export async function headCircuits(
  model: LoadedModel,
  backend: Backend,
  layers: readonly HeadMatrices[],
  { heads, circuitTokens: count, topK }: CircuitPlan,
  { signal, progress }: Pick<StudyOptions, "signal" | "progress">,
): Promise<HeadCircuit[]> {
  if (heads.length === 0) return [];
  const { vocabulary } = model.architecture;
  const width = layers[0]!.query.shape.at(-1)!;
  const raw = await tokenProjector(model, backend, "raw");
  const effective = hasEffective(model) ? await tokenProjector(model, backend, "effective") : null;
  const ranks = await ranker(backend, { vocabulary, width });
  const tokens = circuitTokens(vocabulary, count);
  const tokenizer = await readableTokenizer(model);
  const tokenValue: NameToken = (token, value) => ({
    token,
    piece: piecesOf(tokenizer, [token])[0]!,
    value,
  });
  try {
    const all: HeadCircuit[] = [];
    for (const [index, at] of heads.entries()) {
      throwIfAborted(signal);
      const matrices = matricesOf(layers[at.layer]!, at.head);
      all.push({
        head: headName(at),
        ...(await directionsOf(matrices, raw, tokenValue, topK)),
        raw: await accuraciesOf(matrices, raw, ranks, tokens),
        effective: effective && (await accuraciesOf(matrices, effective, ranks, tokens)),
      });
      progress?.("reading circuits", index + 1, heads.length);
    }
    return all;
  } finally {
    await raw.close();
    await effective?.close();
    await ranks.close();
  }
}

type NameToken = (
  token: number,
  value: number,
) => HeadCircuit["ov"]["directions"][number]["from"][number];

/** [d_model, d_head] each. */
interface OneHead {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly output: Tensor;
}

function matricesOf({ query, key, value, output }: HeadMatrices, head: number): OneHead {
  const of = (all: Tensor) => matrixOfHead(all, head);
  return { query: of(query), key: of(key), value: of(value), output: of(output) };
}

async function directionsOf(
  { query, key, value, output }: OneHead,
  projector: TokenProjector,
  tokenValue: NameToken,
  topK: number,
): Promise<Pick<HeadCircuit, "ov" | "qk">> {
  const ov = productSvd(value, output);
  const qk = productSvd(query, key);
  const count = Math.min(topK, ov.values.length);
  const first = ({ left, right }: ProductSvd) => [left, right].map((all) => columnsOf(all, count));
  const [reads, writes] = first(ov);
  const [queries, keys] = first(qk);
  const { embed, unembed } = await projector.of({
    embed: beside([reads!, queries!, keys!]),
    unembed: writes!,
  });
  const top = (from: Tensor, column: number) => topTokens(from, column, topK, tokenValue);
  const directionsIn = (
    values: readonly number[],
    from: number,
    to: (direction: number) => [Tensor, number],
  ) => ({
    singularValues: [...values],
    directions: Array.from({ length: count }, (_, direction) => ({
      value: values[direction]!,
      from: top(embed, from * count + direction),
      to: top(...to(direction)),
    })),
  });
  return {
    ov: directionsIn(ov.values, 0, (direction) => [unembed, direction]),
    qk: directionsIn(qk.values, 1, (direction) => [embed, 2 * count + direction]),
  };
}

async function accuraciesOf(
  { query, key, value, output }: OneHead,
  projector: TokenProjector,
  ranks: Ranker,
  tokens: readonly number[],
): Promise<HeadCircuit["raw"]> {
  const width = query.shape[1]!;
  const all: Columns = await projector.of({
    embed: beside([value, query, key]),
    unembed: output,
  });
  const part = (index: number) => columnsOf(all.embed, width, index * width);
  return {
    ov: await ranks.accuracy(part(0), all.unembed, tokens),
    qk: await ranks.accuracy(part(1), part(2), tokens),
  };
}

/** Matrices of equal rows, one after the other. */
function beside(matrices: readonly Tensor[]): Tensor {
  const rows = matrices[0]!.shape[0]!;
  const width = matrices.reduce((sum, { shape }) => sum + shape[1]!, 0);
  const data = new Float32Array(rows * width);
  let from = 0;
  for (const { shape, data: part } of matrices) {
    const own = shape[1]!;
    for (let row = 0; row < rows; row++)
      data.set(part.subarray(row * own, (row + 1) * own), row * width + from);
    from += own;
  }
  return tensor(["row", "column"], [rows, width], data);
}

/** `count` columns from `first` on. */
function columnsOf({ axes, shape, data }: Tensor, count: number, first = 0): Tensor {
  const [rows, width] = shape as readonly [number, number];
  const part = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++)
    part.set(data.subarray(row * width + first, row * width + first + count), row * count);
  return tensor(axes, [rows, count], part);
}

/** The tokens with the largest entries in a column of [token, column]. */
function topTokens({ shape, data }: Tensor, column: number, count: number, tokenValue: NameToken) {
  const [rows, width] = shape as readonly [number, number];
  const entry = (token: number) => data[token * width + column]!;
  return Array.from({ length: rows }, (_, token) => token)
    .sort((id, other) => entry(other) - entry(id))
    .slice(0, count)
    .map((token) => tokenValue(token, entry(token)));
}
