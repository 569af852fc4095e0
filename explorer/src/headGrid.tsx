import { THEMES, type ScoreResult } from "induction-lens/browser";
import { useRef } from "preact/hooks";
import { cellColour } from "./colour.ts";
import { LABELS, labelOf } from "./words.ts";

interface Props {
  readonly result: ScoreResult;
  readonly layer: number;
  readonly head: number;
  readonly dark: boolean;
  readonly choose: (layer: number, head: number) => void;
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Layers by heads: colour and number say the induction score, a glyph what the head attends to most. Arrows move. */
export function HeadGrid({ result, layer, head, dark, choose }: Props) {
  const table = useRef<HTMLDivElement>(null);
  const rows = result.scores.induction;
  const move = (event: KeyboardEvent) => {
    const step = MOVES[event.key];
    if (!step) return;
    event.preventDefault();
    const within = (at: number, size: number) => Math.min(size - 1, Math.max(0, at));
    const next = [within(layer + step[0], rows.length), within(head + step[1], rows[0]!.length)];
    choose(next[0]!, next[1]!);
    table.current?.querySelector<HTMLElement>(`[data-at="${next.join(".")}"]`)?.focus();
  };
  return (
    <div
      ref={table}
      class="grid"
      role="grid"
      aria-label="Induction score by layer and head"
      onKeyDown={move}
    >
      {rows.map((row, at) => (
        <div role="row" class="row" key={at}>
          <span role="rowheader" class="rowName">
            layer {at}
          </span>
          {row.map((_, column) => (
            <Cell
              key={column}
              {...{ result, dark, choose }}
              layer={at}
              head={column}
              chosen={at === layer && column === head}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

function Cell({ result, layer, head, dark, choose, chosen }: Props & { readonly chosen: boolean }) {
  const value = result.scores.induction[layer]![head]!;
  const label = labelOf(result.scores, layer, head);
  const range = result.intervals.induction[layer]![head];
  const { background, text } = cellColour(THEMES[dark ? "dark" : "light"].sequential, value);
  const words = range ? `, interval ${range[0].toFixed(2)} to ${range[1].toFixed(2)}` : "";
  return (
    <span
      role="gridcell"
      class="cell"
      data-at={`${layer}.${head}`}
      tabIndex={chosen ? 0 : -1}
      aria-selected={chosen}
      aria-label={`layer ${layer} head ${head}, ${label ? LABELS[label].name : "other"}, induction ${value.toFixed(2)}${words}`}
      style={{ backgroundColor: background, color: text }}
      onClick={() => choose(layer, head)}
    >
      <b>{label ? LABELS[label].glyph : "○"}</b> {value.toFixed(2)}
    </span>
  );
}
