import { useEffect, useRef } from "preact/hooks";
import type { Ramp } from "induction-lens/report";
import { drawPattern } from "../../parts/drawPattern.ts";
import type { Pattern } from "../../parts/pattern.ts";
import { shortToken } from "../../parts/shownToken.ts";
import { useWidth } from "../../parts/useWidth.ts";

export interface Cell {
  readonly query: number;
  readonly key: number;
}

interface Props {
  /** Tokens as people can read them. */
  readonly pieces: readonly string[];
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
  const { pieces, repeats, pattern, ramp, cell, label, isPinned, point, choose } = props;
  const [frame, width] = useWidth<HTMLDivElement>();
  const every = Math.ceil((LABEL_PX * pattern.length) / Math.max(1, width));
  const picture = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const { length } = pattern;
  useEffect(() => drawPattern(picture.current!, pattern, ramp), [pattern, ramp]);
  const cellAt = (event: PointerEvent | MouseEvent): Cell => {
    const { left, top, width, height } = box.current!.getBoundingClientRect();
    const within = (share: number) => Math.min(length - 1, Math.max(0, Math.floor(share * length)));
    return {
      query: within((event.clientY - top) / height),
      key: within((event.clientX - left) / width),
    };
  };
  const keyed = (event: KeyboardEvent) => {
    const step = MOVES[event.key];
    if (event.key === "Enter") choose(cell);
    if (event.key === "Escape") choose(null);
    if (!step) return;
    event.preventDefault();
    const within = (at: number) => Math.min(length - 1, Math.max(0, at));
    point({ query: within(cell.query + step[0]), key: within(cell.key + step[1]) });
  };
  const share = (at: number) => `${(100 * at) / length}%`;
  return (
    <div class="matrixFrame">
      <Axis kind="queries" {...{ pieces, every, share }} />
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
          onKeyDown={keyed}
        >
          <canvas ref={picture} width={length} height={length} aria-hidden="true" />
          <i class="line" style={{ top: share(cell.query), height: share(1), left: 0, right: 0 }} />
          <i class="line" style={{ left: share(cell.key), width: share(1), top: 0, bottom: 0 }} />
          {repeats && <Stripe {...repeats} length={length} />}
          {isPinned && <Pin cell={cell} share={share} />}
        </div>
      </div>
      <Axis kind="keys" {...{ pieces, every, share }} />
    </div>
  );
}

/** A frame round the cell that the reader chose. */
function Pin({ cell, share }: { readonly cell: Cell } & Pick<AxisProps, "share">) {
  const { query, key } = cell;
  const place = { top: share(query), left: share(key), width: share(1), height: share(1) };
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
}

/** The tokens along a side of the matrix. */
function Axis({ kind, pieces, every, share }: AxisProps) {
  const ticks = pieces.flatMap((piece, at) => (at % every === 0 ? [{ piece, at }] : []));
  return (
    <div class={`axis ${kind}`} aria-hidden="true">
      {ticks.map(({ piece, at }) => (
        <span key={at} style={{ [kind === "queries" ? "top" : "left"]: share(at + 0.5) }}>
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
