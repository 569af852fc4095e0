/** What a reader moves along the axis of a chart: one of a list of places, by dragging anywhere in the chart or with the keys. */
export interface Handle {
  readonly label: string;
  /** Places on the x axis, ascending. */
  readonly xs: readonly number[];
  /** Index of the place that is chosen. */
  readonly at: number;
  readonly words: (index: number) => string;
  readonly choose: (index: number) => void;
  /** A second chart of the same places: it can be dragged, the keys are the first one's. */
  readonly isSecond?: boolean;
}

interface Props {
  readonly handle: Handle;
  /** Pixels from the left. */
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -5,
  PageUp: 5,
  Home: -Infinity,
  End: Infinity,
};

/** The line at the place that is chosen, with a grip at its foot. */
export function HandleLine({ handle, x, top, bottom }: Props) {
  const { label, xs, at, words, choose, isSecond = false } = handle;
  const move = (event: KeyboardEvent) => {
    const step = KEYS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(Math.min(xs.length - 1, Math.max(0, at + step)));
  };
  const drawing = (
    <>
      <line class="handle" x1={x} x2={x} y1={top} y2={bottom} />
      <circle class="handle" cx={x} cy={bottom} r={8} />
    </>
  );
  if (isSecond) return <g aria-hidden="true">{drawing}</g>;
  return (
    <g
      class="grip"
      role="slider"
      tabindex={0} // not tabIndex: attributes of SVG are case-sensitive
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={xs.length - 1}
      aria-valuenow={at}
      aria-valuetext={words(at)}
      onKeyDown={move}
    >
      {drawing}
    </g>
  );
}

/** What the pointer does to the handle: where it presses or drags, the nearest place is chosen. */
export function dragging(handle: Handle | null, left: (x: number) => number) {
  if (!handle) return {};
  const { xs, choose } = handle;
  const follow = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const away = (x: number) => Math.abs(left(x) - (event.clientX - box.left));
    choose(xs.reduce((best, x, index) => (away(x) < away(xs[best]!) ? index : best), 0));
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      follow(event);
    },
    onPointerMove: follow,
  };
}
