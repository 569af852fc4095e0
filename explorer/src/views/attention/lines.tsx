import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../../page/page.ts";
import type { Pattern } from "../../parts/pattern.ts";
import { shortToken } from "../../parts/shownToken.ts";

interface Props {
  readonly pattern: Pattern;
  /** As people can read them. */
  readonly pieces: readonly string[];
  readonly at: number;
  readonly hover: (position: number | null) => void;
  readonly lock: (position: number) => void;
}

const ROW = 18;
const [LEFT, RIGHT, WIDTH] = [110, 290, 400];
/** Weights below this share of the bound draw no line. */
const LEAST = 0.02;
/** Longer sequences show the lines of the chosen token alone. */
const ALL_LINES = 128;

/** Queries on the left, keys on the right, a line for each weight: thicker is more. */
export function Lines({ pattern, pieces, at, hover, lock }: Props) {
  const { state, dark } = usePage();
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = ROW * pieces.length + 8;
  useEffect(
    () => draw(canvas.current!, { pattern, pieces, at }, height),
    [pattern, pieces, at, state.theme, dark],
  );
  const rowOf = (event: PointerEvent | MouseEvent) => {
    const { top, height: shownHeight } = canvas.current!.getBoundingClientRect();
    const row = Math.floor((((event.clientY - top) / shownHeight) * height) / ROW);
    return Math.min(pieces.length - 1, Math.max(0, row));
  };
  return (
    <div>
      <p class="hint">Queries on the left look at keys on the right.</p>
      <canvas
        ref={canvas}
        class="lines"
        role="img"
        aria-label="Lines from each token to the tokens that it looks at; the table below has the numbers"
        onPointerMove={(event) => hover(rowOf(event))}
        onPointerLeave={() => hover(null)}
        onClick={(event) => lock(rowOf(event))}
      />
    </div>
  );
}

type DrawnLines = Pick<Props, "pattern" | "pieces" | "at">;

/** Colours that a canvas cannot take from the style sheet by itself. */
function coloursNow() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return { text: colour("--text"), line: colour("--line"), chosen: colour("--accent") };
}

function draw(canvas: HTMLCanvasElement, { pattern, pieces, at }: DrawnLines, height: number) {
  const colours = coloursNow();
  const scale = Math.min(2, 16_000 / height);
  canvas.width = WIDTH * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d")!;
  context.scale(scale, scale);
  context.font = "12px ui-monospace, monospace";
  context.textBaseline = "middle";
  const y = (position: number) => ROW * position + ROW / 2 + 4;
  const shortened = (piece: string) => shortToken(piece, 13);
  pieces.forEach((piece, position) => {
    context.fillStyle = position === at ? colours.chosen : colours.text;
    context.textAlign = "right";
    context.fillText(shortened(piece), LEFT - 6, y(position));
    context.textAlign = "left";
    context.fillStyle = colours.text;
    context.fillText(shortened(piece), RIGHT + 6, y(position));
  });
  const linesOf = (query: number, colour: string, strength: number) => {
    context.strokeStyle = colour;
    for (let key = 0; key <= query; key++) {
      const share = pattern.weight(query, key) / pattern.bound;
      if (share < LEAST) continue;
      context.globalAlpha = strength * Math.min(1, 0.15 + share);
      context.lineWidth = 0.5 + 3 * share;
      context.beginPath();
      context.moveTo(LEFT, y(query));
      context.lineTo(RIGHT, y(key));
      context.stroke();
    }
  };
  if (pieces.length <= ALL_LINES)
    pieces.forEach((_, query) => query !== at && linesOf(query, colours.line, 0.55));
  linesOf(at, colours.chosen, 1);
}
