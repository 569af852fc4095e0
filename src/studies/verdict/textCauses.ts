/** @file What heads are worth on pieces of a text: losses with a head's output on another piece in the place of its own. */
import type { Backend } from "../../base/backend.ts";
import { throwIfAborted } from "../../base/errors.ts";
import type { HeadAt } from "../../base/headName.ts";
import { rowOf, type Sequences } from "../../inputs/sequences.ts";
import { openChain, type Chain } from "../../interventions/chain.ts";
import type { MetricFeeds, State } from "../../interventions/chainRun.ts";
import { metricValue } from "../../interventions/metrics.ts";
import { valueOf } from "../../interventions/rows.ts";
import { atOutputs, savedRun, type SavedRun } from "../../interventions/savedRun.ts";
import { hooksFor } from "../../interventions/units.ts";
import { runVariants, type VariantRuns } from "../../interventions/variantRuns.ts";
import { meanInterval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import { nextTokens } from "../../measure/nextTokens.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { repeatsWithKeys } from "../text/repeatScores.ts";
import type { VerdictResult } from "./result.ts";

type TextHead = NonNullable<VerdictResult["text"]>["heads"][number];
type Causes = Pick<TextHead, "continued" | "elsewhere">;

/** Pieces in causal runs, from the first to the last evenly. */
const CAUSAL_PIECES = 16;

/** A piece of full length: its tokens, and which of them come as they did before. */
export interface Piece {
  readonly tokens: readonly number[];
  readonly continued: ReadonlySet<number>;
  /** The first token that is predicted. */
  readonly first: number;
}

export function causalPieces({ sequences, starts }: Sequences, length: number): Piece[] {
  const whole = sequences.flatMap(({ tokens }, index) =>
    tokens.length === length ? [{ tokens, start: starts[index]! }] : [],
  );
  const step = Math.max(1, whole.length / CAUSAL_PIECES);
  const chosen = Array.from({ length: Math.min(CAUSAL_PIECES, whole.length) }, (_, index) =>
    whole.at(Math.floor(index * step))!,
  );
  return chosen.map(({ tokens, start }) => ({
    tokens,
    first: start + 1,
    continued: new Set(
      repeatsWithKeys(tokens, start).flatMap(({ query, continues }) =>
        continues ? [query + 1] : [],
      ),
    ),
  }));
}

/**
 * What each head's content is worth where the text repeats itself, and where it does not: its output becomes that on the next
 * piece. A run begins at the layer of its head, with what the layers before gave.
 */
export async function causesOnText(
  model: LoadedModel,
  backend: Backend,
  pieces: readonly Piece[],
  heads: readonly HeadAt[],
  { signal, progress }: Pick<StudyOptions, "signal" | "progress">,
): Promise<Causes[]> {
  const length = pieces[0]!.tokens.length;
  const positions = Array.from({ length: length - 1 }, (_, position) => position);
  const sizes = { length, positions: positions.length, signal };
  const chain = await openChain(model, backend, {
    ...{ hooks: hooksFor(["head-out"]), metrics: ["token-loss"], ...sizes },
  });
  const changes = heads.map((): PieceChange[] => []);
  const total = pieces.length * heads.length;
  let done = 0;
  const advance = (runs: number) => progress?.("cutting heads on the text", (done += runs), total);
  try {
    const first = await runOf(chain, pieces[0]!, positions);
    let own = first;
    for (const [at, piece] of pieces.entries()) {
      throwIfAborted(signal);
      const next = pieces[at + 1];
      const other = next ? await runOf(chain, next, positions) : first;
      const lost = await lossesWithout(chain, own, { heads, other: other.saved, advance });
      lost.forEach((tokenLosses, head) => changes[head]!.push(changeOf(piece, tokenLosses)));
      own = other;
    }
  } finally {
    await chain.close();
  }
  return changes.map((ofPieces) => ({
    continued: estimateOf(ofPieces.map(({ continued }) => continued)),
    elsewhere: estimateOf(ofPieces.map(({ elsewhere }) => elsewhere)),
  }));
}

interface PieceRun extends SavedRun {
  readonly feeds: MetricFeeds;
}

async function runOf(chain: Chain, piece: Piece, positions: readonly number[]): Promise<PieceRun> {
  const tokens = rowOf(piece);
  const feeds = { targets: nextTokens(tokens), positions };
  return { ...(await savedRun(chain, tokens, feeds, { saves: atOutputs })), feeds };
}

interface Cuts {
  readonly heads: readonly HeadAt[];
  /** The state of another piece, with the outputs that take the places of these. */
  readonly other: State;
  readonly advance: (runs: number) => void;
}

/** Nats that each head's cut costs at each position, [head][position]. */
async function lossesWithout(
  chain: Chain,
  { saved, metrics, feeds }: PieceRun,
  { heads, other, advance }: Cuts,
): Promise<Float64Array[]> {
  const before = metrics.get(metricValue("token-loss"))!.data;
  const { positions } = feeds;
  const lost = heads.map(() => new Float64Array(positions.length));
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  const groups = layers.map((layer): VariantRuns => {
    const value = hookName(layer, "attn.hook_z");
    const inLayer = heads.flatMap((head, index) => (head.layer === layer ? [{ head, index }] : []));
    return {
      ...{ from: value, base: saved, examples: 1, feeds },
      variants: inLayer.map(({ head }) => [
        { value, source: valueOf(other, value), part: { heads: [head.head] } },
      ]),
      read: (trace, row) => {
        const { data } = trace.get(metricValue("token-loss"))!;
        return [...data.subarray(row * positions.length, (row + 1) * positions.length)];
      },
      store: ({ variant }, losses) =>
        losses.forEach((loss, at) => (lost[inLayer[variant]!.index]![at] = loss - before[at]!)),
    };
  });
  await runVariants(chain, groups, advance);
  return lost;
}

/** Nats lost, mean over the tokens of a kind; null where a piece has none. */
interface PieceChange {
  readonly continued: number | null;
  readonly elsewhere: number | null;
}

/** @param lost by position, of the token that follows */
function changeOf({ tokens, continued, first }: Piece, lost: Float64Array): PieceChange {
  const of = (is: boolean) => {
    const differences = tokens.flatMap((_, at) =>
      at >= first && continued.has(at) === is ? [lost[at - 1]!] : [],
    );
    return differences.length > 0 ? mean(differences) : null;
  };
  return { continued: of(true), elsewhere: of(false) };
}

function estimateOf(values: readonly (number | null)[]): Causes["continued"] {
  const decided = values.filter((value) => value !== null);
  if (decided.length === 0) return null;
  const [low, high] = meanInterval(decided) ?? [null, null];
  return { value: mean(decided), low, high };
}
