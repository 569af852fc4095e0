import { useMemo, useRef } from "preact/hooks";
import { cellStyle, diverging, sequential } from "./colour.ts";

export interface GridCell {
  readonly value: number;
  readonly text: string;
  readonly glyph: string;
  /** What a screen reader says after `layer 1 head 3`. */
  readonly words: string;
  /** Struck through: switched off. */
  readonly off?: boolean;
  /** A frame: it is what the map looks for. */
  readonly framed?: boolean;
  /** An outline: something about it changed much. */
  readonly marked?: boolean;
}

interface Props {
  readonly label: string;
  /** [layer][head] */
  readonly cells: readonly (readonly GridCell[])[];
  readonly layer: number;
  readonly head: number;
  readonly dark: boolean;
  readonly scale: "sequential" | "diverging";
  readonly choose: (layer: number, head: number) => void;
  /** Tokens that heads of a layer see, where that is not all of them. */
  readonly windows?: readonly (number | null)[];
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -1e4],
  End: [0, 1e4],
};

/** Layers by heads: colour and number say a value, a glyph what the head is. Arrows move. */
export function HeadGrid({ label, cells, layer, head, dark, scale, choose, windows }: Props) {
  const grid = useRef<HTMLDivElement>(null);
  const ramp = useMemo(
    () => (scale === "sequential" ? sequential : diverging)(dark),
    [dark, scale],
  );
  const move = (event: KeyboardEvent) => {
    const step = MOVES[event.key];
    if (!step) return;
    event.preventDefault();
    const within = (at: number, size: number) => Math.min(size - 1, Math.max(0, at));
    const next = [within(layer + step[0], cells.length), within(head + step[1], cells[0]!.length)];
    choose(next[0]!, next[1]!);
    grid.current?.querySelector<HTMLElement>(`[data-at="${next.join(".")}"]`)?.focus();
  };
  const many = cells[0]!.length > 6 ? " many" : "";
  return (
    <div ref={grid} class={`grid${many}`} role="grid" aria-label={label} onKeyDown={move}>
      <ColumnNumbers count={cells[0]!.length} />
      {cells.map((row, at) => (
        <div role="row" class="row" key={at}>
          <span role="rowheader" class="rowName">
            <span class="layerWord">layer </span>
            {at}
            {(windows?.[at] ?? null) !== null && (
              <small title={`its heads see at most ${windows![at]} tokens`}> ▸{windows![at]}</small>
            )}
          </span>
          {row.map((cell, column) => (
            <span
              key={column}
              role="gridcell"
              class={`cell${cell.off ? " off" : ""}${cell.framed ? " framed" : ""}${cell.marked ? " marked" : ""}`}
              data-at={`${at}.${column}`}
              data-value={cell.value}
              tabIndex={at === layer && column === head ? 0 : -1}
              aria-selected={at === layer && column === head}
              aria-label={`layer ${at} head ${column}, ${cell.words}`}
              style={cellStyle(ramp, scale === "sequential" ? cell.value : (cell.value + 1) / 2)}
              onClick={() => choose(at, column)}
            >
              <b>{cell.glyph}</b>{" "}
              {(many === "" || Math.abs(cell.value) >= LEAST_WRITTEN) && (
                <span class="number">{cell.text}</span>
              )}
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}

/** In a map of many heads smaller numbers are colours alone: they are read when their head is chosen. */
const LEAST_WRITTEN = 0.1;

/** Heads from left to right. */
function ColumnNumbers({ count }: { readonly count: number }) {
  return (
    <div role="row" class="row numbers">
      <span role="columnheader" class="rowName">
        <span class="heard">layer</span>
      </span>
      {Array.from({ length: count }, (_, head) => (
        <span role="columnheader" key={head}>
          {head}
        </span>
      ))}
    </div>
  );
}
