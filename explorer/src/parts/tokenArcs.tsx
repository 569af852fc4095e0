import { percent } from "./percent.ts";
import { shortToken } from "./shownToken.ts";
import { useWidth } from "./useWidth.ts";

export interface Arc {
  /** The token that looks, and the one that it looks at. */
  readonly from: number;
  readonly to: number;
  /** Share of the attention, 0 to 1; below `LEAST` the arc is not drawn. */
  readonly weight: number;
  readonly role: "previous" | "induction";
  /** In a few words, beside the arc where there is room. */
  readonly label?: string;
  /** What a listener hears: `owl at 10 looks at key at 5, 100 percent`. */
  readonly words: string;
  /** The head that looks is cut. */
  readonly isCut?: boolean;
  /** A step before the present one. */
  readonly isPast?: boolean;
}

interface Props {
  readonly label: string;
  /** Tokens as people can read them. */
  readonly pieces: readonly string[];
  readonly arcs: readonly Arc[];
  /** The token that looks, and the one that it should find. */
  readonly query?: number | null;
  readonly target?: number | null;
  /** Where a block begins again. */
  readonly seam?: number | null;
  /** A note that a head leaves under a token. */
  readonly note?: { readonly at: number; readonly text: string } | null;
  /** What the model says comes next, with the probability; an arrow leads there from `from` once it is said to be copied. */
  readonly guess?: {
    readonly piece: string;
    readonly probability: number | null;
    readonly from: number | null;
  } | null;
  /** Left out: tokens cannot be chosen. */
  readonly choose?: (position: number) => void;
}

/** Weights below this draw no arc. */
const LEAST = 0.03;
const BOX = { height: 52, widest: 84, least: 28 };
const SIDE = 4;
const THICK = 8;

/** Tokens in a row and arcs over them: who looks back at whom, as thick as the attention. */
export function TokenArcs(props: Props) {
  const { label, pieces, arcs, guess = null, seam = null, note = null } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const count = pieces.length + (guess ? 1 : 0);
  const gap = width < 640 ? 4 : 12;
  const fitting = Math.floor((width - 2 * SIDE) / count) - gap;
  const size = Math.min(BOX.widest, Math.max(BOX.least, fitting));
  const left = (at: number) => SIDE + at * (size + gap);
  const middle = (at: number) => left(at) + size / 2;
  const shown = arcs.filter(({ weight }) => weight >= LEAST);
  const span = Math.max(1, ...shown.map(({ from, to }) => Math.abs(from - to)));
  const top = 40 + heightOf(span);
  const copies = guess !== null && guess.from !== null;
  const below = note || copies ? 104 : 24;
  return (
    <div ref={box} class="arcs" role="group" tabIndex={0} aria-label={label}>
      <svg
        width={Math.max(width, left(count))}
        height={top + BOX.height + below}
        role="group"
        aria-label={label}
      >
        {seam !== null && (
          <line
            class="seam"
            x1={left(seam) - gap / 2}
            x2={left(seam) - gap / 2}
            y1={top - 16}
            y2={top + BOX.height + 20}
          />
        )}
        <Boxes {...props} {...{ left, size, top }} />
        {note && <Note {...note} x={middle(note.at)} y={top + BOX.height + 26} />}
        {shown.map((arc) => (
          <ArcPath
            key={`${arc.role} ${arc.from} ${arc.to}`}
            arc={arc}
            from={middle(arc.from)}
            to={middle(arc.to)}
            top={top}
            wide={width > 640}
            right={Math.max(width, left(count))}
          />
        ))}
        {copies && (
          <Copied from={middle(guess.from!)} to={middle(pieces.length)} top={top + BOX.height} />
        )}
      </svg>
    </div>
  );
}

/** Arcs over more tokens are higher, until they would fill the page. */
function heightOf(tokens: number): number {
  return Math.min(210, 34 + 19 * tokens);
}

interface BoxesProps extends Props {
  /** Where the box of a position begins. */
  readonly left: (at: number) => number;
  readonly size: number;
  readonly top: number;
}

/** The tokens, and the guess of the next one after them. */
function Boxes({ left, size, top, ...props }: BoxesProps) {
  const { pieces, guess, choose } = props;
  return (
    <>
      {pieces.map((piece, at) => (
        <Box
          key={at}
          kind={kindOf(at, props)}
          textKind="piece"
          below={String(at)}
          choose={choose && (() => choose(at))}
          {...{ piece, size, top }}
          x={left(at)}
        />
      ))}
      {guess && (
        <Box
          kind="guess"
          textKind="piece copy"
          piece={guess.piece}
          below={percent(guess.probability)}
          {...{ size, top }}
          x={left(pieces.length)}
        />
      )}
    </>
  );
}

interface BoxProps {
  /** Classes of the box and of its text. */
  readonly kind: string;
  readonly textKind: string;
  readonly piece: string;
  /** What stands below the box. */
  readonly below: string;
  readonly x: number;
  readonly size: number;
  readonly top: number;
  readonly choose?: (() => void) | undefined;
}

/** A token, or the guess of one, in its box. */
function Box({ kind, textKind, piece, below, x, size, top, choose }: BoxProps) {
  return (
    <g onClick={choose}>
      <rect class={kind} x={x} y={top} width={size} height={BOX.height} rx={8} />
      <text
        class={textKind}
        x={x + size / 2}
        y={top + BOX.height / 2 + 6}
        style={{ fontSize: `${fontOf(piece, size)}px` }}
      >
        {shortToken(piece, roomIn(size))}
      </text>
      <text class="faint" x={x + size / 2} y={top + BOX.height + 16}>
        {below}
      </text>
    </g>
  );
}

function kindOf(
  at: number,
  { query, target, choose }: Pick<Props, "query" | "target" | "choose">,
): string {
  const kind = at === query ? "query" : at === target ? "target" : "";
  return `${kind}${choose ? " choice" : ""}`;
}

/** Width of a letter as a share of its size, and the smallest size that is read. */
const LETTER = { width: 0.62, least: 11 };

function fontOf(piece: string, size: number): number {
  return Math.max(LETTER.least, Math.min(20, size / (LETTER.width * Math.max(1, piece.length))));
}

/** Letters that a box has room for. */
function roomIn(size: number): number {
  return Math.max(2, Math.floor(size / (LETTER.width * LETTER.least)));
}

function Note({ text, x, y }: { readonly text: string; readonly x: number; readonly y: number }) {
  const width = 20 + 8 * text.length;
  return (
    <g>
      <rect class="note" x={x - width / 2} y={y} width={width} height={28} rx={14} />
      <text class="note" x={x} y={y + 19}>
        {text}
      </text>
    </g>
  );
}

interface ArcProps {
  readonly arc: Arc;
  readonly from: number;
  readonly to: number;
  readonly top: number;
  /** There is room for words. */
  readonly wide: boolean;
  readonly right: number;
}

function ArcPath({ arc, from, to, top, wide, right }: ArcProps) {
  const { weight, role, label, words, isCut = false, isPast = false } = arc;
  const kind = `${isCut ? "cut" : role}${isPast ? " past" : ""}`;
  const height = heightOf(Math.abs(arc.from - arc.to));
  const end = top - 10;
  const self = arc.from === arc.to;
  const [start, stop] = self ? [from + 10, from - 10] : [from, to];
  const high = end - (4 / 3) * height;
  const line = `M${start} ${top - 2}C${start} ${high} ${stop} ${high} ${stop} ${end}`;
  const x = Math.min(right - 8, Math.max(8, (start + stop) / 2));
  const anchor = x < 150 ? "start" : x > right - 150 || role === "previous" ? "end" : "middle";
  return (
    <g
      role="img"
      tabIndex={0}
      aria-label={words}
      data-arc={`${arc.from},${arc.to}`}
      data-value={weight}
    >
      <path
        class={`arc ${kind}`}
        d={line}
        style={{ strokeWidth: `${Math.max(1.5, THICK * weight)}px` }}
      />
      <path
        class={`arc ${kind}`}
        d={`M${stop - 7} ${end - 5}L${stop} ${top - 1}L${stop + 7} ${end - 5}Z`}
        style={{ fill: "currentColor", strokeWidth: "1px" }}
      />
      {label && wide && (
        <text
          class={`label ${isCut ? "cut" : role}`}
          x={x}
          y={end - height - 8}
          style={{ textAnchor: anchor }}
        >
          {label}
        </text>
      )}
    </g>
  );
}

function Copied({
  from,
  to,
  top,
}: {
  readonly from: number;
  readonly to: number;
  readonly top: number;
}) {
  const low = top + 96;
  return (
    <g aria-hidden="true">
      <path
        class="arc copy"
        d={`M${from + 30} ${top + 6}C${from + 90} ${low} ${to - 40} ${low} ${to} ${top + 30}`}
        style={{ strokeWidth: "3px" }}
      />
      <path
        class="arc copy"
        d={`M${to - 7} ${top + 34}L${to} ${top + 20}L${to + 7} ${top + 34}Z`}
        style={{ fill: "currentColor", strokeDasharray: "none", strokeWidth: "1px" }}
      />
    </g>
  );
}
