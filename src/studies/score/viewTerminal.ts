/** @file A score Result as text for a terminal. Nothing in the Result can steer the terminal, and no line is too long. */
import { createColors } from "picocolors";
import type { ScoreResult } from "./result.ts";
import { share } from "../../draw/numbers.ts";
import {
  inputWords,
  intervalWords,
  lossWords,
  modelWords,
  precisionWords,
  standingOut,
} from "./viewWords.ts";
import type { ColourDepth } from "../../draw/terminalColour.ts";
import { terminalMap } from "../../draw/terminalMap.ts";
import { columnsOf, visible } from "../../draw/visible.ts";
import { wrap } from "../../draw/wrap.ts";

export interface TextOptions {
  /** Bits of colour, as a stream's `getColorDepth()` tells; false is none, true all. Default false. */
  readonly colour?: boolean | ColourDepth | undefined;
  /** Columns of the terminal, 40 or more. Default 80. */
  readonly width?: number | undefined;
  /** False for a terminal or a log that knows ASCII only. Default true. */
  readonly unicode?: boolean | undefined;
}

/** Model and input, the sentence in words, top heads, losses, heat map, warnings; ends with a line end. */
export function scoreText(result: ScoreResult, options: TextOptions = {}): string {
  const { colour = false, unicode = true } = options;
  const width = Math.max(40, options.width ?? 80);
  const depth = colour === true ? 24 : colour === false ? 1 : colour;
  const paint = createColors(depth > 1);
  const written = (text: string) => (unicode ? visible(text) : ascii(visible(text)));
  const prose = (text: string) => wrap(written(text), width, columnsOf);
  const map = {
    values: result.scores.induction,
    scale: { kind: "sequential", bound: 1 } as const,
    marked: standingOut(result),
  };
  const heading = (text: string) => prose(text).map(paint.bold);
  const lines = [
    ...heading(modelWords(result)),
    ...prose(inputWords(result)),
    "",
    ...prose(result.verdictInWords),
    "",
    ...topTable(result, paint.bold),
    ...prose(intervalWords(result)),
    ...precisionWords(result).flatMap(prose),
    ...prose(`uniform attention scores ${share(result.uniform.induction)}`),
    ...prose(lossWords(result)),
    "",
    ...heading("Induction score by head: layers down, heads to the right"),
    ...terminalMap(map, { depth, width }).map((line) => (unicode ? line : ascii(line))),
    ...result.warnings.flatMap((warning) => prose(`warning: ${warning}`).map(paint.yellow)),
  ];
  return `${lines.join("\n")}\n`;
}

function topTable({ top }: ScoreResult, bold: (text: string) => string): string[] {
  const rows = top.map(({ layer, head, score, low, high }) => {
    const interval = low === null || high === null ? "" : `[${share(low)}, ${share(high)}]`;
    return `${`${layer}.${head}`.padStart(8)}${share(score).padStart(8)}   ${interval}`.trimEnd();
  });
  return [bold(`${"head".padStart(8)}${"score".padStart(8)}   95 % interval`), ...rows];
}

const PLAIN: Readonly<Record<string, string>> = {
  "\u00a0": " ",
  "·": "-",
  "×": "x",
  "±": "+-",
  "–": "-",
  "−": "-",
  "…": "...",
  "→": "->",
};

/** Without the signs that only we write; any other character beyond ASCII as its code. */
function ascii(text: string): string {
  return text.replace(
    /[^\u0000-\u007f]/gu,
    (character) => PLAIN[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
