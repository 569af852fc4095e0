import { useEffect, useRef } from "preact/hooks";
import type { Ramp } from "induction-lens/report";
import { drawPattern } from "../../parts/drawPattern.ts";
import type { Pattern } from "../../parts/pattern.ts";

export interface Cell {
  readonly query: number;
  readonly key: number;
}

interface Props {
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
export function Matrix({ pattern, ramp, cell, label, isPinned, point, choose }: Props) {
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
      {isPinned && (
        <i
          class="pin"
          data-pinned={`${cell.query},${cell.key}`}
          style={{
            top: share(cell.query),
            left: share(cell.key),
            width: share(1),
            height: share(1),
          }}
        />
      )}
    </div>
  );
}
