/** @file Figures that people publish, by name, of a Result of any kind that has what they need. */
import { InputError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { captionOf, madeOf } from "../draw/caption.ts";
import type { FigureParts, FigureWords } from "../draw/figures/figureParts.ts";
import { labelFigure } from "../draw/figures/labelFigure.ts";
import { mapsFigure } from "../draw/figures/mapsFigure.ts";
import { scatterFigure } from "../draw/figures/scatterFigure.ts";
import { stepsFigure } from "../draw/figures/stepsFigure.ts";
import { mapPicture } from "../draw/pictures.ts";
import type { StudyPicture, StudyView } from "../draw/studyView.ts";

interface FigureKind {
  /** What it shows, for help and docs. */
  readonly what: string;
  /** Whose Results have what it needs, in words. */
  readonly from: string;
  /** Null if this Result does not have it. */
  readonly make: (
    view: StudyView,
    words: readonly string[],
    how: FigureWords,
  ) => FigureParts | null;
}

const OF_HEADS =
  "score, score-patterns, verdict, card, compare of two models of one architecture, patch, path, ablate of every head, text, behaviours, few-shot, circuit, image, detector or phase";

/** All figures. A word behind `=` says more: `scatter=induction,effect`. */
export const FIGURES = {
  scatter: {
    what: "any two numbers of every head, a dot each, with labels; scatter=X,Y",
    from: OF_HEADS,
    make: scatterFigure,
  },
  maps: {
    what: "any two numbers of every head as two maps, such as attention against signed effect; maps=A,B",
    from: OF_HEADS,
    make: mapsFigure,
  },
  labels: {
    what: "how many heads of each layer have each label",
    from: "verdict or card",
    make: (view, _, how) => labelFigure(view, how),
  },
  curve: {
    what: "losses, or few-shot accuracy, as heads go, beside random sets",
    from: "ablate with --curve, or few-shot",
    make: (view, _, how) => namedPicture(view, "curve", how),
  },
  circuit: {
    what: "the heads of the circuit and the paths between them",
    from: "verdict or card, where a head acts on what it attends to",
    make: (view, _, how) => namedPicture(view, "circuit", how),
  },
  steps: {
    what: "how many heads are at or above a threshold, over training steps; steps=.3,.5",
    from: "phase, with --seeds too",
    make: stepsFigure,
  },
  map: {
    what: "the map of heads, where a study has another picture first",
    from: "every study that has a map of heads",
    make: ({ map, tables }, _, how) =>
      map && { picture: subtitledPicture(mapPicture(map), how), table: tables[0] },
  },
  table: {
    what: "the first table, with a caption that says how it was made: .tex, .md, .csv or .html",
    from: "every study",
    make: ({ tables }) => ({ picture: null, table: tables[0] }),
  },
} as const satisfies Record<string, FigureKind>;

export type FigureName = keyof typeof FIGURES;
export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[];

/** A figure as `--figure` names it. */
export interface FigureChoice {
  readonly name: FigureName;
  readonly words: readonly string[];
}

/**
 * What `text` asks for: a name, and behind `=` words apart by commas.
 *
 * @throws {InputError} "options" for a name that no figure has
 */
export function figureChoice(text: string): FigureChoice {
  const [typed = "", ...rest] = text.split("=");
  const name = FIGURE_NAMES.find((other) => other === typed.trim());
  if (name === undefined)
    throw new InputError(
      "options",
      `\`figure\` needs one of ${FIGURE_NAMES.join(", ")}, got ${typed} (did you mean ${nearest(typed, FIGURE_NAMES, 1)[0]}?)`,
      { option: "figure" },
    );
  const words = rest.join("=").split(",");
  return { name, words: words.map((word) => word.trim()).filter((word) => word !== "") };
}

/**
 * The figure as what a study shows, to be written in any format; its table has the numbers.
 *
 * @param kind the study that `view` is of
 * @throws {InputError} "options" for a figure that this Result cannot give, or words that it does not know
 */
export function figureView(
  view: StudyView,
  { name, words }: FigureChoice,
  kind: string,
): StudyView {
  const origin = madeOf(view);
  const lines = origin === "" ? [] : [origin];
  const { make, from } = FIGURES[name] as FigureKind;
  const parts = make(view, words, { subtitle: lines });
  if (parts === null)
    throw new InputError(
      "options",
      `the figure ${name} needs a Result of ${from}; this one, of ${kind}, does not have what it shows`,
      { option: "figure" },
    );
  const { picture, table } = parts;
  return {
    title: picture?.label ?? view.title,
    lines,
    sentences: [],
    map: null,
    pictures: picture ? [picture] : [],
    tables: [table],
    csvComment: captionOf(table.caption, origin),
    settings: view.settings,
    warnings: view.warnings,
  };
}

function namedPicture(
  { pictures = [] }: StudyView,
  name: string,
  how: FigureWords,
): FigureParts | null {
  const picture = pictures.find(({ figure }) => figure?.name === name);
  return picture ? { picture: subtitledPicture(picture, how), table: picture.figure!.table } : null;
}

/** A study's own picture, which says below its title how the numbers were made. */
function subtitledPicture(picture: StudyPicture, { subtitle }: FigureWords): StudyPicture {
  if (subtitle.length === 0) return picture;
  return {
    ...picture,
    draw: async () => {
      const paint = await picture.draw();
      return (document, theme) => paint(document, { ...theme, subtitle });
    },
  };
}
