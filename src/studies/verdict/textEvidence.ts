/** @file What heads do on the repeats that a text has, beside random tokens: attention to what followed, and what is lost without them. */
import type { Backend } from "../../base/backend.ts";
import { headName } from "../../base/headName.ts";
import { sequencesOf } from "../../inputs/sequences.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { cutUp } from "../text/pieces.ts";
import { repeatScores, type RepeatScores } from "../text/repeatScores.ts";
import type { VerdictResult } from "./result.ts";
import { causalPieces, causesOnText } from "./textCauses.ts";

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
      : await causesOnText(model, backend, pieces, heads, { signal, progress });
  return {
    ...{ pieces: sequences.sequences.length, causalPieces: effects ? pieces.length : 0 },
    tokens: sequences.sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
    tokensSha256: sequences.info.tokensSha256,
    ...{ repeats: all.repeats, continues: all.continues, uniform: every.uniform },
    groups: scored.groups.map(({ scores, uniformByLayer: _, ...group }) => ({
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
  const { scores, uniform, uniformByLayer } = groups.at(-1)!;
  return judged
    .map(({ layer, head, label, evidence }) => {
      const [low, high] = everyCopy[layer]![head] ?? [null, null];
      const value = scores[layer]![head]!;
      const random = evidence.attention.induction.value;
      const onRandom = evidence.copying !== null;
      const even = uniformByLayer?.[layer] ?? uniform;
      const onText = (low ?? value) - even >= INDUCTION_ATTENTION.least;
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
