import { useMemo, useRef } from "preact/hooks";
import type { Ramp } from "induction-lens/report";
import { cellStyle, diverging, sequential, splitStyle } from "./colour.ts";

export interface GridCell {
  readonly value: number;
  /** Its number in the layer; left out: its place in the row. */
  readonly head?: number;
  /** What it was before the changes: the cell then shows both, one above the other. */
  readonly before?: number;
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

/** From more heads than these in a layer on, cells are as narrow as a glyph. */
const CROWD = 18;

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
    const row = within(layer + step[0], cells.length);
    const columns = cells[row]!;
    const column = within(columnOf(cells[layer] ?? [], head) + step[1], columns.length);
    const next = columns[column]!.head ?? column;
    choose(row, next);
    grid.current?.querySelector<HTMLElement>(`[data-at="${row}.${next}"]`)?.focus();
  };
  const widest = Math.max(...cells.map((row) => row.length));
  const isMany = widest > 6;
  const isWhole = cells.every((row) => row.every((cell) => cell.head === undefined));
  return (
    <div
      ref={grid}
      class={["grid", isMany && "many", widest > CROWD && "crowded"].filter(Boolean).join(" ")}
      role="grid"
      aria-label={label}
      onKeyDown={move}
    >
      {isWhole && <ColumnNumbers count={widest} />}
      {cells.map((row, at) => (
        <div role="row" class="row" key={at}>
          <span role="rowheader" class="rowName">
            <span class="layerWord">layer </span>
            {at}
            {(windows?.[at] ?? null) !== null && (
              <small title={`its heads see at most ${windows![at]} tokens`}> ▸{windows![at]}</small>
            )}
          </span>
          {row.map((cell, column) => {
            const own = cell.head ?? column;
            return (
              <Cell
                key={own}
                {...{ cell, ramp, scale, isMany }}
                at={`${at}.${own}`}
                label={`layer ${at} head ${own}, ${cell.words}`}
                isChosen={at === layer && own === head}
                choose={() => choose(at, own)}
              />
            );
          })}
          {Array.from({ length: widest - row.length }, (_, column) => (
            <span key={row.length + column} class="cell none" aria-hidden="true" />
          ))}
        </div>
      ))}
    </div>
  );
}

/** Where a head stands in its row. */
function columnOf(row: readonly GridCell[], head: number): number {
  return Math.max(
    0,
    row.findIndex((cell, column) => (cell.head ?? column) === head),
  );
}

interface CellProps extends Pick<Props, "scale"> {
  readonly cell: GridCell;
  readonly at: string;
  readonly label: string;
  readonly ramp: Ramp;
  readonly isMany: boolean;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Cell({ cell, at, label, ramp, scale, isMany, isChosen, choose }: CellProps) {
  const { value, before, text, glyph } = cell;
  const share = (of: number) => (scale === "sequential" ? of : (of + 1) / 2);
  const split = before === undefined ? null : splitStyle(ramp, share(before), share(value));
  const kinds = ["off", "framed", "marked"] as const;
  const classes = ["cell", ...kinds.filter((kind) => cell[kind]), ...(split ? ["split"] : [])];
  const isWritten = (number: number) => !isMany || Math.abs(number) >= LEAST_WRITTEN;
  return (
    <span
      role="gridcell"
      class={classes.join(" ")}
      data-at={at}
      data-value={value}
      tabIndex={isChosen ? 0 : -1}
      aria-selected={isChosen}
      aria-label={label}
      style={split ? split.cell : cellStyle(ramp, share(value))}
      onClick={choose}
    >
      {split && !isMany && (
        <span class="was number" style={split.was}>
          {before!.toFixed(2)}
        </span>
      )}
      <span class="now">
        <b>{glyph}</b>{" "}
        {isWritten(value) && !(split && isMany) && <span class="number">{text}</span>}
      </span>
    </span>
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
        <span class="layerWord">head</span>
      </span>
      {Array.from({ length: count }, (_, head) => (
        <span role="columnheader" key={head}>
          {head}
        </span>
      ))}
    </div>
  );
}
