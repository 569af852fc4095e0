/** @file `text`: induction on the repeats that the user's own text has, and what induction heads do between paired prompts. */
import { beginResult } from "../../results/beginResult.ts";
import { checkCanRun } from "../common/canRun.ts";
import { FEWEST_FOR_INTERVAL } from "../../measure/interval.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { INDUCTION_ATTENTION, substantialHeads } from "../../measure/attendsLikeInduction.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { InputError } from "../../base/errors.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { ScoreResult } from "../score/result.ts";
import type { TextResult } from "./result.ts";
import type { HeadAt } from "../../base/headName.ts";
import { score } from "../score/score.ts";
import { sequencesOf, type Sequences } from "../../inputs/sequences.ts";
import { pairGaps } from "./pairGaps.ts";
import { TEXT_OPTIONS, textPlan, type TextOptions } from "./plan.ts";
import { cutUp } from "./pieces.ts";
import { layersOutOfReach } from "../../inputs/windowReach.ts";
import type { Architecture } from "../../models/family.ts";
import { repeatScores, repeatsWithKeys } from "./repeatScores.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

const RANDOM_EXAMPLES = 30;
const TOP = 10;

/**
 * Scores heads on the repeats of a text (n-grams of 1 to 4 tokens, by length and by distance), beside their scores on repeated
 * random tokens; and compares paired prompts with induction heads on and off.
 *
 * score = mean over repeats of A[q, copy + 1]: where the token at q came before, at copy, attention to what followed it there.
 *
 * @returns scores 0 to 1; uniform attention has `uniform`. In a text a head may look there for another reason than induction,
 *   since repeated tokens are also related
 * @throws {InputError} "options" for neither text nor pairs, and as `sequencesOf`, `repeatScores` and `pairGaps`
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function text(model: LoadedModel, options: TextOptions): Promise<TextResult> {
  checkOptionNames("text", options, TEXT_OPTIONS);
  checkCanRun("text", model);
  const engine = await engineFor(model, options);
  const plan = textPlan(model.architecture, options);
  const { sequences, pieceLength, pairs, heads, bos, seed } = plan;
  const { signal, progress } = options;
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const ownSequences =
      sequences && cutUp(await sequencesOf(model, sequences, { longest: Infinity }), pieceLength);
    const scored =
      ownSequences && (await repeatScores(model, backend, ownSequences, { signal, progress }));
    const random = await score(model, {
      ...{ backend, numExamples: RANDOM_EXAMPLES, lossExamples: 0, seed, signal, progress },
    });
    const chosen = { heads: heads ?? (pairs ? attending(random) : []), why: whyWords(heads) };
    const compared =
      pairs && (await pairGaps(model, backend, pairs, chosen, { bos, seed, signal, progress }));
    return {
      ...beginResult("induction-lens/text@1"),
      ...headerOf(model, ownSequences ? ownSequences.info : random.input, [
        ...(ownSequences ? beyondWindows(model.architecture, ownSequences) : []),
        ...warningsOf(ownSequences, compared),
      ]),
      repeats: ownSequences && scored && repeatsOf(ownSequences, scored, random),
      pairs: compared,
      ...footerOf(backend, { run: elapsed() }),
    };
  });
}

function attending(result: ScoreResult): HeadAt[] {
  const heads = substantialHeads(result.scores.induction, result);
  if (heads.length > 0) return heads;
  throw new InputError(
    "heads",
    "no head of the model attends like an induction head, so there is none to switch off; name heads",
  );
}

function whyWords(heads: readonly HeadAt[] | null): string {
  return heads
    ? "as asked"
    : `they attend to the induction target with ${INDUCTION_ATTENTION.substantial} or more on repeated random tokens`;
}

function repeatsOf(
  { sequences }: Sequences,
  { groups, intervals }: Awaited<ReturnType<typeof repeatScores>>,
  random: ScoreResult,
): NonNullable<TextResult["repeats"]> {
  const [all] = groups;
  const top = all!.scores
    .flatMap((row, layer) =>
      row.map((value, head) => {
        const ends = intervals[layer]![head] ?? [null, null];
        const other = random.scores.induction[layer]![head]!;
        return { layer, head, score: value, low: ends[0], high: ends[1], random: other };
      }),
    )
    .sort((entry, other) => other.score - entry.score)
    .slice(0, TOP);
  return {
    pieces: sequences.length,
    tokens: sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
    groups,
    intervals,
    random: {
      scores: random.scores.induction,
      uniform: random.uniform.induction,
      examples: random.input.examples,
    },
    top,
  };
}

function warningsOf(sequences: Sequences | null, pairs: TextResult["pairs"]): string[] {
  const fewWords = (one: string, many: string, count: number) =>
    count < FEWEST_FOR_INTERVAL
      ? [
          `${count} ${count === 1 ? `${one} is` : `${many} are`} too few for intervals, which need ${FEWEST_FOR_INTERVAL}`,
        ]
      : [];
  return [
    ...(sequences?.warnings ?? []),
    ...(sequences ? fewWords("piece of text", "pieces of text", sequences.sequences.length) : []),
    ...(pairs ? fewWords("pair", "pairs", pairs.list.length) : []),
  ];
}

/** Repeats that no layer can go back to: scores there are 0 whatever the model has learned. */
function beyondWindows(architecture: Architecture, { sequences, starts }: Sequences): string[] {
  const repeats = sequences.flatMap(({ tokens }, index) => repeatsWithKeys(tokens, starts[index]!));
  const beyond = repeats.filter(
    ({ distance }) => layersOutOfReach(architecture, distance).length === architecture.layers,
  );
  if (beyond.length === 0) return [];
  const nearest = Math.min(...beyond.map(({ distance }) => distance));
  return [
    `no layer sees what followed the earlier copy of ${beyond.length} of the ${repeats.length} repeats (windows are shorter than the ${nearest} tokens and more between the copies): induction cannot reach there, which does not mean that there is none`,
  ];
}
