/** @file From what logits said and from parts, position by position, to the Result of `lens`. */
import type { Tensor } from "../../base/tensor.ts";
import { meanInterval, scoreInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { LensResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { piecesOf } from "../../inputs/sequences.ts";
import { footerOf, headerOf } from "../common/about.ts";
import type { LensRows } from "./lensRows.ts";
import type { LensLook } from "./lensLook.ts";
import type { LensSeen } from "./lensSeen.ts";
import type { LensPlan } from "./plan.ts";

/** Sums over positions and rows while they come. */
interface Sums {
  readonly layers: {
    probability: number;
    logProbability: number;
    rank: number;
    first: number;
    /** By example, the mean over positions. */
    readonly byExample: number[];
  }[];
  /** At the last position of the first example, by stream. */
  last: { readonly target: number; readonly streams: readonly Float64Array[] } | null;
  convergedAt: number[];
  /** Sum over places of the first stream from which on the most likely token is the final one. */
  settledAt: number;
  changes: number;
  places: number;
  logit: number;
  largestError: number;
  /** By part name, per example: the mean over positions, for heads by head. */
  readonly parts: Map<string, number[][]>;
}

export async function lensResultOf(
  model: LoadedModel,
  backend: Backend,
  rows: LensRows,
  plan: LensPlan & { readonly softcap: number | null },
  runs: (take: (values: LensSeen) => void) => Promise<void>,
): Promise<LensResult> {
  const { layers } = model.architecture;
  const { positions, threshold, topK, of, softcap } = plan;
  const sums = noSums(layers);
  await runs((values) => addSeen(sums, values, { threshold, of }));
  const tokenizer = await readableTokenizer(model);
  const tokenOf: NameToken = (token) => ({ token, piece: piecesOf(tokenizer, [token])[0]! });
  return {
    ...beginResult("induction-lens/lens@1"),
    ...headerOf(model, rows.info, rows.warnings),
    positions: [...positions],
    ...(rows.texts && {
      texts: rows.texts.targets.map(({ text, answer = null }) => ({ text, answer })),
      pieces: [...rows.texts.pieces],
    }),
    norm: `lens: the final norm is recomputed for each stream; attribution: its scale is that of the whole stream, frozen${cappedWords(softcap)}`,
    layers: layersOf(sums, tokenOf, topK),
    convergence: {
      threshold,
      layer: sums.convergedAt.length === 0 ? null : moments(sums.convergedAt).mean,
      share: sums.convergedAt.length / sums.places,
      settled: sums.settledAt / sums.places,
    },
    stability: 1 - sums.changes / sums.places / layers,
    evolution: evolutionOf(sums, tokenOf, topK, positions.at(-1)!),
    attribution: { ...attributionOf(sums, layers, of), softcap },
    ...footerOf(backend, {}),
  };
}

function cappedWords(softcap: number | null): string {
  return softcap === null
    ? ""
    : `; logits are capped at ${softcap}, and parts add up to the logit before its cap`;
}

function noSums(layers: number): Sums {
  return {
    layers: Array.from({ length: layers + 1 }, () => ({
      probability: 0,
      logProbability: 0,
      rank: 0,
      first: 0,
      byExample: [],
    })),
    last: null,
    convergedAt: [],
    settledAt: 0,
    changes: 0,
    places: 0,
    logit: 0,
    largestError: 0,
    parts: new Map(),
  };
}

function layersOf(
  { layers, last, places }: Sums,
  tokenOf: NameToken,
  topK: number,
): LensResult["layers"] {
  return layers.map((layer, index) => {
    const stream = last!.streams[index]!;
    return {
      name: index < layers.length - 1 ? `${index} pre` : "final",
      probability: layer.probability / places,
      interval: scoreInterval(layer.byExample),
      logProbability: layer.logProbability / places,
      rank: layer.rank / places,
      first: layer.first / places,
      top: mostLikely(stream, topK).map((token) => ({
        ...tokenOf(token),
        probability: stream[token]!,
      })),
    };
  });
}

function evolutionOf(
  { last }: Sums,
  tokenOf: NameToken,
  topK: number,
  position: number,
): LensResult["evolution"] {
  const { streams, target } = last!;
  const ids = new Set([...mostLikely(streams.at(-1)!, topK), target]);
  return {
    position,
    target,
    tokens: [...ids].map((token) => ({
      ...tokenOf(token),
      probabilities: streams.map((stream) => stream[token]!),
    })),
  };
}

function addSeen(
  sums: Sums,
  values: LensSeen,
  { threshold, of }: { threshold: number; of: "logit" | "centred-logit" },
): void {
  const [rows, positions] = values.targets.shape as readonly [number, number];
  for (let row = 0; row < rows; row++) {
    const before = sums.layers.map(({ probability }) => probability);
    for (let position = 0; position < positions; position++) {
      const place = row * positions + position;
      const target = values.targets.data[place]!;
      const looks = values.streams.map(({ looks }) => looks[place]!);
      looks.forEach((look, layer) => addLook(sums.layers[layer]!, look, target));
      const confidentAt = looks.findIndex((look) => look.most >= threshold);
      if (confidentAt >= 0) sums.convergedAt.push(confidentAt);
      sums.settledAt += 1 + looks.findLastIndex((look) => look.token !== looks.at(-1)!.token);
      sums.changes += looks.filter(
        (look, layer) => layer > 0 && look.token !== looks[layer - 1]!.token,
      ).length;
      const last = values.uncapped[place]!;
      const logit = of === "logit" ? last.logit : last.logit - last.meanLogit;
      sums.logit += logit;
      sums.largestError = Math.max(sums.largestError, Math.abs(sumOfParts(values, place) - logit));
      sums.places += 1;
    }
    sums.layers.forEach(({ byExample, probability }, layer) =>
      byExample.push((probability - before[layer]!) / positions),
    );
    for (const [name, part] of values.parts) addPart(sums.parts, name, part, row);
  }
  if (values.first === 0)
    sums.last = {
      target: values.targets.data[positions - 1]!,
      streams: values.streams.map(({ probabilities }) => probabilities!),
    };
}

function addLook(layer: Sums["layers"][number], look: LensLook, target: number): void {
  layer.probability += Math.exp(look.logProbability);
  layer.logProbability += look.logProbability;
  layer.rank += look.rank;
  layer.first += look.token === target ? 1 : 0; // of equal logits the first token counts
}

type NameToken = (token: number) => { readonly token: number; readonly piece: string };

/** The `count` tokens with the largest probabilities, largest first. */
function mostLikely(probabilities: Float64Array, count: number): number[] {
  return [...probabilities.keys()]
    .sort((id, other) => probabilities[other]! - probabilities[id]!)
    .slice(0, count);
}

function sumOfParts({ parts }: LensSeen, place: number): number {
  let sum = 0;
  for (const { data, shape } of parts.values()) {
    const heads = shape[2] ?? 1;
    for (let head = 0; head < heads; head++) sum += data[place * heads + head]!;
  }
  return sum;
}

/** The mean over positions of one row, by head if there are heads. */
function addPart(
  into: Map<string, number[][]>,
  name: string,
  { data, shape }: Tensor,
  row: number,
): void {
  const [, positions, heads = 1] = shape as readonly [number, number, number?];
  const means = Array.from({ length: heads }, (_, head) => {
    let sum = 0;
    for (let position = 0; position < positions; position++)
      sum += data[(row * positions + position) * heads + head]!;
    return sum / positions;
  });
  into.set(name, [...(into.get(name) ?? []), means]);
}

function attributionOf(
  { parts, logit, places, largestError }: Sums,
  layers: number,
  of: "logit" | "centred-logit",
): Omit<LensResult["attribution"], "softcap"> {
  const byHead = Array.from({ length: layers }, (_, layer) => parts.get(`heads ${layer}`) ?? []);
  const columns = byHead.map((rows) =>
    (rows[0] ?? []).map((_, head) => rows.map((row) => row[head]!)),
  );
  const heads = columns.map((layer) => layer.map((values) => moments(values).mean));
  const part = (name: string) => {
    const rows = parts.get(name);
    return rows ? moments(rows.map((row) => row[0]!)).mean : null;
  };
  return {
    of,
    mean: logit / places,
    heads,
    headIntervals: columns.map((layer) => layer.map((values) => meanInterval(values))),
    layers: heads.map((values, layer) => ({
      attention:
        values.reduce((sum, value) => sum + value, 0) +
        (part(`attention bias ${layer}`) ?? 0) +
        (part(`attention ${layer}`) ?? 0),
      mlp: part(`mlp ${layer}`),
    })),
    parts: [...parts]
      .filter(([name]) => !name.startsWith("heads "))
      .map(([name, rows]) => ({ name, value: moments(rows.map((row) => row[0]!)).mean })),
    largestError,
  };
}
