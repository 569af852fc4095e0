/** @file What heads do on the repeats that a text has, beside random tokens: attention to what followed, and what is lost without them. */
import type { Backend } from "../../base/backend.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { rowOf, sequencesOf, type Sequences } from "../../inputs/sequences.ts";
import { openWorkbench, type Workbench } from "../../interventions/workbench/workbench.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import { meanInterval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { cutUp } from "../text/pieces.ts";
import { repeatScores, repeatsWithKeys, type RepeatScores } from "../text/repeatScores.ts";
import type { VerdictResult } from "./result.ts";

type TextEvidence = NonNullable<VerdictResult["text"]>;
type TextHead = TextEvidence["heads"][number];
type JudgedHeads = VerdictResult["heads"];

export interface TextInput {
  readonly texts: readonly string[];
  readonly bos: Parameters<typeof sequencesOf>[1]["bos"];
  /** Heads with causal runs, those that attend most. */
  readonly most: number;
}

/** Tokens of a piece. */
const PIECE = 256;
/** Pieces in causal runs, from the first to the last evenly; outputs of all of them are kept for samples. */
const CAUSAL_PIECES = 16;

/**
 * The evidence of a verdict on a text's own repeats.
 *
 * attention = mean over queries whose token came before of the sum of A[q, k] over what followed every earlier copy. The loss of tokens
 * after such a query that come as they did before (`continued`), and of all others (`elsewhere`), with the head's output on another
 * piece in the place of its own (resample: content is lost, size stays), less the loss as it is.
 *
 * @param judged heads with their labels on random tokens
 * @throws {InputError} "tokenizer" for a model without one, "tokens" for a text that repeats nothing
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function textEvidence(
  model: LoadedModel,
  backend: Backend,
  judged: JudgedHeads,
  { texts, bos, most }: TextInput,
  { signal, progress }: Pick<StudyOptions, "signal" | "progress">,
): Promise<TextEvidence> {
  const length = Math.min(PIECE, model.architecture.contextLength);
  const sequences = cutUp(await sequencesOf(model, { texts, bos }, { longest: Infinity }), length);
  const scored = await repeatScores(model, backend, sequences, { signal, progress });
  const [all, every] = [scored.groups[0]!, scored.groups.at(-1)!];
  const heads = headsOnText(judged, scored).slice(0, most);
  const pieces = causalPieces(sequences, length);
  const effects =
    pieces.length < 2
      ? null
      : await causalEffects(model, backend, pieces, heads, { signal, progress });
  return {
    ...{ pieces: sequences.sequences.length, causalPieces: effects ? pieces.length : 0 },
    tokens: sequences.sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
    tokensSha256: sequences.info.tokensSha256,
    ...{ repeats: all.repeats, continues: all.continues, uniform: every.uniform },
    groups: scored.groups.map(({ scores, ...group }) => ({
      ...group,
      scores: heads.map(({ layer, head }) => scores[layer]![head]!),
    })),
    heads: heads.map((head, at) => ({ ...head, ...(effects?.[at] ?? NO_EFFECTS) })),
  };
}

const NO_EFFECTS = { continued: null, elsewhere: null };

/** Heads that attend like induction on random tokens or to what followed in the text, those that attend most first. */
function headsOnText(
  judged: JudgedHeads,
  { groups, everyCopy }: RepeatScores,
): Omit<TextHead, "continued" | "elsewhere">[] {
  const { scores, uniform } = groups.at(-1)!;
  return judged
    .map(({ layer, head, label, evidence }) => {
      const [low, high] = everyCopy[layer]![head] ?? [null, null];
      const value = scores[layer]![head]!;
      const random = evidence.attention.induction.value;
      const onRandom = evidence.copying !== null;
      const onText = (low ?? value) - uniform >= INDUCTION_ATTENTION.least;
      return {
        layer,
        head,
        label,
        random,
        attention: { value, low, high },
        attends: whereOf(onRandom, onText),
      };
    })
    .filter(({ attends }) => attends !== "neither")
    .sort((a, b) => b.attention.value - a.attention.value || a.layer - b.layer || a.head - b.head);
}

function whereOf(onRandom: boolean, onText: boolean): TextHead["attends"] {
  if (onRandom && onText) return "both";
  if (onText) return "text";
  return onRandom ? "random" : "neither";
}

/** A piece of full length: its tokens, and which of them come as they did before. */
interface Piece {
  readonly tokens: readonly number[];
  readonly continued: ReadonlySet<number>;
  /** The first token that is predicted. */
  readonly first: number;
}

function causalPieces({ sequences, starts }: Sequences, length: number): Piece[] {
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

/** What each head's content is worth where the text repeats itself, and where it does not. */
async function causalEffects(
  model: LoadedModel,
  backend: Backend,
  pieces: readonly Piece[],
  heads: readonly HeadAt[],
  { signal, progress }: Pick<StudyOptions, "signal" | "progress">,
): Promise<Pick<TextHead, "continued" | "elsewhere">[]> {
  const length = pieces[0]!.tokens.length;
  const bench = await openWorkbench(model, { backend, rows: 1, length });
  try {
    const ids = Int32Array.from(pieces.flatMap(({ tokens }) => tokens));
    const all = tensor(["batch", "position"], [pieces.length, length], ids);
    const reference = await bench.reference(all, { signal, progress });
    const lossesWithout = (piece: number, head: HeadAt | null) =>
      lossesOf(bench, rowOf(pieces[piece]!), head, { reference, firstRow: piece + 1 });
    const whole: Tensor[] = [];
    for (const piece of pieces.keys()) whole.push(await lossesWithout(piece, null));
    const effects: Pick<TextHead, "continued" | "elsewhere">[] = [];
    for (const [at, head] of heads.entries()) {
      const changes: PieceChange[] = [];
      for (const [piece, sequence] of pieces.entries()) {
        throwIfAborted(signal);
        changes.push(changeOf(sequence, whole[piece]!, await lossesWithout(piece, head)));
      }
      progress?.("cutting heads on the text", at + 1, heads.length);
      effects.push({
        continued: estimateOf(changes.map(({ continued }) => continued)),
        elsewhere: estimateOf(changes.map(({ elsewhere }) => elsewhere)),
      });
    }
    return effects;
  } finally {
    await bench.close();
  }
}

async function lossesOf(
  bench: Workbench,
  tokens: Tensor<Int32Array>,
  head: HeadAt | null,
  runOptions: Pick<NonNullable<Parameters<Workbench["run"]>[1]>, "reference" | "firstRow">,
): Promise<Tensor> {
  const edits = head ? [{ layer: head.layer, head: head.head, kind: "resample" as const }] : [];
  return (await bench.run({ tokens, repeats: null }, { edits, ...runOptions })).losses;
}

/** Nats lost, mean over the tokens of a kind; null where a piece has none. */
interface PieceChange {
  readonly continued: number | null;
  readonly elsewhere: number | null;
}

function changeOf({ tokens, continued, first }: Piece, before: Tensor, after: Tensor): PieceChange {
  const lost = (is: boolean) => {
    const differences = tokens.flatMap((_, at) =>
      at >= first && continued.has(at) === is ? [after.data[at]! - before.data[at]!] : [],
    );
    return differences.length > 0 ? mean(differences) : null;
  };
  return { continued: lost(true), elsewhere: lost(false) };
}

function estimateOf(values: readonly (number | null)[]): TextHead["continued"] {
  const decided = values.filter((value) => value !== null);
  if (decided.length === 0) return null;
  const [low, high] = meanInterval(decided) ?? [null, null];
  return { value: mean(decided), low, high };
}

/** What the text says beside the random tokens, in sentences. */
export function textWords({ heads, repeats, continues, causalPieces }: TextEvidence): string[] {
  const headNames = (list: readonly TextHead[]) => list.map(headName).join(", ");
  const part = (attends: TextHead["attends"]) => heads.filter((head) => head.attends === attends);
  const helping = heads
    .filter(({ continued }) => continued !== null && (continued.low ?? 0) > 0)
    .sort((a, b) => b.continued!.value - a.continued!.value);
  const goOn =
    continues === null ? "" : `, of which ${Math.round(100 * continues)} % go on as before`;
  return [
    `On the text's own ${repeats} repeats${goOn}: ${listWords("attend both here and on random tokens", headNames(part("both")))}; ${listWords("on random tokens only", headNames(part("random")))}; ${listWords("on the text only", headNames(part("text")))}.`,
    ...(causalPieces === 0
      ? []
      : [
          helping.length === 0
            ? "For none of these heads is it sure that tokens that come again get worse without it."
            : `Tokens that come again get worse without ${helping
                .slice(0, 3)
                .map((head) => `${headName(head)} (${head.continued!.value.toFixed(3)} nats)`)
                .join(", ")}.`,
        ]),
  ];
}

function listWords(what: string, names: string): string {
  return `${what}: ${names || "none"}`;
}
