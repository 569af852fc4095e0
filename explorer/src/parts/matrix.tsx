import { useEffect, useRef } from "preact/hooks";
import type { Ramp } from "induction-lens/report";
import { drawPattern } from "./drawPattern.ts";
import type { Pattern } from "./pattern.ts";
import { shortToken } from "./shownToken.ts";
import { useWidth } from "./useWidth.ts";
import "./matrix.css";

export interface Cell {
  readonly query: number;
  readonly key: number;
}

interface Props {
  /** Tokens as people can read them. */
  readonly pieces: readonly string[];
  /** Of the keys, where they are others. */
  readonly keyPieces?: readonly string[];
  /** Where induction would look: the cell [q, q - period + 1] of queries from `start + period` on; null in texts. */
  readonly repeats: { readonly start: number; readonly period: number } | null;
  readonly pattern: Pattern;
  readonly ramp: Ramp;
  readonly cell: Cell;
  readonly label: string;
  readonly point: (cell: Cell | null) => void;
  /** The cell in focus is the one that the reader chose. */
  readonly isPinned: boolean;
  /** Pins a cell; null lets go. */
  readonly choose: (cell: Cell | null) => void;
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Queries down, keys to the right, a pixel or more for each: one picture, however many tokens. */
export function Matrix(props: Props) {
  const { pieces, keyPieces = pieces, repeats, pattern, ramp, cell, label, isPinned } = props;
  const { point, choose } = props;
  const [frame, width] = useWidth<HTMLDivElement>();
  const picture = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const { length, keys = length } = pattern;
  const everyOf = (count: number) => Math.ceil((LABEL_PX * count) / Math.max(1, width));
  useEffect(() => drawPattern(picture.current!, pattern, ramp), [pattern, ramp]);
  const cellAt = (event: PointerEvent | MouseEvent): Cell => {
    const { left, top, width, height } = box.current!.getBoundingClientRect();
    const within = (share: number, count: number) =>
      Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return {
      query: within((event.clientY - top) / height, length),
      key: within((event.clientX - left) / width, keys),
    };
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") choose(cell);
    if (event.key === "Escape") choose(null);
    if (!MOVES[event.key]) return;
    event.preventDefault();
    point(neighbour(cell, MOVES[event.key]!, { length, keys }));
  };
  const down = (at: number) => `${(100 * at) / length}%`;
  const across = (at: number) => `${(100 * at) / keys}%`;
  return (
    <div class="matrixFrame">
      <Axis
        kind="queries"
        pieces={pieces}
        every={everyOf(length)}
        share={down}
        chosen={cell.query}
      />
      <div ref={frame}>
        <div
          ref={box}
          class="matrix"
          role="application"
          tabIndex={0}
          aria-label={`${label}. Queries down, keys to the right; arrows move, Enter pins a cell, Escape lets go.`}
          onPointerMove={(event) => point(cellAt(event))}
          onPointerLeave={() => point(null)}
          onClick={(event) => choose(cellAt(event))}
          onKeyDown={onKey}
        >
          <canvas ref={picture} width={keys} height={length} aria-hidden="true" />
          <i class="line" style={{ top: down(cell.query), height: down(1), left: 0, right: 0 }} />
          <i class="line" style={{ left: across(cell.key), width: across(1), top: 0, bottom: 0 }} />
          {repeats && <Stripe {...repeats} length={length} />}
          {isPinned && <Pin {...{ cell, down, across }} />}
        </div>
      </div>
      <Axis kind="keys" pieces={keyPieces} every={everyOf(keys)} share={across} chosen={cell.key} />
    </div>
  );
}

interface Size {
  readonly length: number;
  readonly keys: number;
}

/** The cell a step away, or at the edge. */
function neighbour(
  { query, key }: Cell,
  [down, across]: readonly [number, number],
  { length, keys }: Size,
): Cell {
  const within = (at: number, count: number) => Math.min(count - 1, Math.max(0, at));
  return { query: within(query + down, length), key: within(key + across, keys) };
}

interface PinProps {
  readonly cell: Cell;
  readonly down: AxisProps["share"];
  readonly across: AxisProps["share"];
}

/** A frame round the cell that the reader chose. */
function Pin({ cell, down, across }: PinProps) {
  const { query, key } = cell;
  const place = { top: down(query), left: across(key), width: across(1), height: down(1) };
  return <i class="pin" data-pinned={`${query},${key}`} style={place} />;
}

/** Pixels that a token beside the matrix takes. */
const LABEL_PX = 16;
/** Letters of it that there is room for. */
const LETTERS = 7;

interface AxisProps {
  readonly kind: "queries" | "keys";
  readonly pieces: readonly string[];
  /** Each so-manieth token is written: those between have no room. */
  readonly every: number;
  /** Where a position is along the matrix. */
  readonly share: (at: number) => string;
  /** The token whose row or column is in focus: it is always written, in place of those that it has no room beside. */
  readonly chosen: number;
}

/** The tokens along a side of the matrix. */
function Axis({ kind, pieces, every, share, chosen }: AxisProps) {
  const isWritten = (at: number) =>
    at === chosen || (at % every === 0 && Math.abs(at - chosen) >= every);
  const ticks = pieces.flatMap((piece, at) => (isWritten(at) ? [{ piece, at }] : []));
  return (
    <div class={`axis ${kind}`} aria-hidden="true">
      {ticks.map(({ piece, at }) => (
        <span
          key={at}
          class={at === chosen ? "chosen" : undefined}
          style={{
            [kind === "queries" ? "top" : "left"]:
              `clamp(0.625em, ${share(at + 0.5)}, 100% - 0.625em)`,
          }}
        >
          {shortToken(piece, LETTERS)}
        </span>
      ))}
    </div>
  );
}

interface StripeProps {
  readonly start: number;
  readonly period: number;
  readonly length: number;
}

/** A dashed line on either side of the cells in which induction would look. */
function Stripe({ start, period, length }: StripeProps) {
  const [x, y] = [start + 1, start + period]; // the corner of the first such cell
  const ends = [
    [x, y + 1],
    [x + 1, y],
  ] as const;
  const lines = ends.map(([left, top]) => `M${left} ${top}l${length - top} ${length - top}`);
  return (
    <svg class="stripe" viewBox={`0 0 ${length} ${length}`} aria-hidden="true">
      <path d={lines.join("")} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
