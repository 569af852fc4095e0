import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Ramp } from "induction-lens/report";
import { cellStyle } from "./colour.ts";
import { usePage } from "../page/page.ts";

interface Props {
  readonly label: string;
  readonly pieces: readonly string[];
  /** The token that the others are shown in relation to. */
  readonly at: number;
  readonly locked: boolean;
  /** 0 to 1 by position: the colour of each token. */
  readonly shades: readonly number[] | Float32Array;
  /** 0 to 1 by position: the bar under each token. */
  readonly bars?: readonly number[] | Float32Array;
  /** What a screen reader says of a token after its position and text. */
  readonly words: (position: number) => string;
  readonly ramp: Ramp;
  readonly hover: (position: number | null) => void;
  readonly lock: (position: number | null) => void;
}

/** Tokens as boxes in their order. Pointing at one shows its relations, Enter or a click locks it, Escape lets go. */
export function TokenRow(props: Props) {
  const { label, pieces, at, locked, shades, bars, words, ramp, hover, lock } = props;
  const { token: readable } = usePage();
  const row = useRef<HTMLDivElement>(null);
  const token = useTokens();
  const positionOf = (event: Event) => {
    const box = (event.target as HTMLElement).closest<HTMLElement>("[data-position]");
    return box ? Number(box.dataset["position"]) : null;
  };
  const go = (position: number) => {
    hover(position);
    row.current?.querySelector<HTMLElement>(`[data-position="${position}"]`)?.focus();
  };
  const keyed = (event: KeyboardEvent) => {
    const place = positionOf(event) ?? at;
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      go(Math.min(pieces.length - 1, Math.max(0, place + step)));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      lock(place);
    } else if (event.key === "Escape") lock(null);
  };
  return (
    <div
      ref={row}
      class="tokens"
      role="listbox"
      aria-label={label}
      onPointerOver={(event) => hover(positionOf(event))}
      onPointerLeave={() => hover(null)}
      onClick={(event) => lock(positionOf(event))}
      onKeyDown={keyed}
    >
      {pieces.map((piece, position) =>
        token({
          position,
          piece: readable(piece),
          words: words(position),
          kind: position === at ? (locked ? " at locked" : " at") : "",
          shade: Math.round(STEPS * (shades[position] ?? 0)) / STEPS,
          bar: bars ? Math.round(100 * Math.min(1, bars[position] ?? 0)) : null,
          ramp,
        }),
      )}
    </div>
  );
}

/** Shades that the eye can tell apart are fewer. */
const STEPS = 100;

interface DrawnToken {
  readonly position: number;
  readonly piece: string;
  readonly words: string;
  readonly kind: string;
  readonly shade: number;
  /** Per cent. */
  readonly bar: number | null;
  readonly ramp: Ramp;
}

/** Boxes of tokens; one that is to look as it did is the same object, which is then not compared again. */
function useTokens() {
  const last = useRef<{ readonly token: DrawnToken; readonly box: JSX.Element }[]>([]);
  return (token: DrawnToken): JSX.Element => {
    const before = last.current[token.position];
    if (before && isSame(before.token, token)) return before.box;
    const { position, piece, words, kind, shade, bar, ramp } = token;
    const box = (
      <span
        key={position}
        role="option"
        class={`token${kind}`}
        data-position={position}
        aria-selected={kind !== ""}
        aria-label={`position ${position}, ${piece}, ${words}`}
        tabIndex={kind === "" ? -1 : 0}
        style={cellStyle(ramp, shade)}
      >
        {piece}
        {bar !== null && <i style={{ width: `${bar}%` }} />}
      </span>
    );
    last.current[position] = { token, box };
    return box;
  };
}

function isSame(a: DrawnToken, b: DrawnToken): boolean {
  return (Object.keys(a) as (keyof DrawnToken)[]).every((key) => a[key] === b[key]);
}
