/** @file Attention of two heads as arcs over the tokens: the look back and the match of induction. */
import { capitalise } from "../../base/capitalise.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import type { Arcs } from "../../draw/arcs.ts";
import { pictureLines, pictureName } from "../../draw/studyView.ts";
import type { AttentionResult } from "./result.ts";

/** A place in one sequence: the token at `target` came after an earlier copy of that at `query`, and comes after it again. */
export interface ArcsPlace {
  /** Index in `sequences` of the Result. */
  readonly sequence: number;
  readonly query: number;
  readonly target: number;
  readonly induction: HeadAt;
  /** Null where no head comes before the induction head. */
  readonly previous: HeadAt | null;
  /** Where a block begins again; null in texts. */
  readonly seam: number | null;
}

/**
 * What the two heads look at where induction needs it: `previous` from the target to the token before it, `induction` from the
 * query to the target.
 *
 * @param token a piece as people can read it
 */
export function attentionArcs(
  result: AttentionResult,
  { sequence, query, target, induction, previous, seam }: ArcsPlace,
  token: (piece: string) => string,
): Arcs {
  const pieces = result.sequences[sequence]!.pieces.map(token);
  const weight = (at: HeadAt, from: number, to: number) => weightOf(result, sequence, at, from, to);
  const match = weight(induction, query, target);
  const back = previous && weight(previous, target, target - 1);
  const matchWords = `head ${headName(induction)} finds what came after ${pieces[query]!}: ${percent(match)}`;
  const looks = previous && `head ${headName(previous)} looks one back: ${percent(back!)}`;
  const next = pieces[query + 1];
  return {
    title: `Two heads, one circuit: ${pictureName(result.model.id)}`,
    subtitle: pictureLines(result),
    pieces: pieces.slice(0, query + 1),
    arcs: [
      ...(looks === null
        ? []
        : [
            {
              from: target,
              to: target - 1,
              weight: back!,
              role: "previous" as const,
              label: looks,
            },
          ]),
      { from: query, to: target, weight: match, role: "induction" as const, label: matchWords },
    ],
    query,
    target,
    seam,
    guess: next === undefined ? null : { piece: next, below: "comes next" },
    isCopied: match >= 0.5,
    notes:
      result.input.examples > 1
        ? [`Of these ${result.input.examples} sequences the one that shows it most.`]
        : [],
    description: capitalise([looks, matchWords].filter((words) => words !== null).join("; ")),
  };
}

/** The attention of a head from one position to another in one sequence of the Result. */
export function weightOf(
  { heads }: AttentionResult,
  sequence: number,
  { layer, head }: HeadAt,
  from: number,
  to: number,
): number {
  const panel = heads.find(
    (entry) => entry.sequence === sequence && entry.layer === layer && entry.head === head,
  );
  if (!panel) throw new Error(`internal: head ${headName({ layer, head })} is not in the Result`);
  return panel.weights[from]![to] ?? 0;
}

/** Beside names such as `1.0`, a share from 0 to 1 would be read as another. */
const percent = (weight: number) => `${Math.round(100 * weight)} %`;
