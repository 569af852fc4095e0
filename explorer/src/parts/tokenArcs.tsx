import { useLayoutEffect } from "preact/hooks";
import {
  arcsLayout,
  tokenFont,
  tokenRoom,
  type Arc as DrawnArc,
  type ArcsLayout,
  type PlacedArc,
} from "induction-lens/report";
import { percent } from "./percent.ts";
import { shortToken } from "./shownToken.ts";
import { useWidth } from "./useWidth.ts";

/** An arc of the page, which also speaks. */
export interface Arc extends DrawnArc {
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

/** Tokens in a row and arcs over them: who looks back at whom, as thick as the attention. */
export function TokenArcs(props: Props) {
  const { label, pieces, arcs, query = null, guess = null, seam = null, note = null } = props;
  const [element, width] = useWidth<HTMLDivElement>();
  const layout = arcsLayout(
    {
      tokens: pieces.length,
      arcs,
      hasGuess: guess !== null,
      copiedFrom: guess?.from ?? null,
      hasNote: note !== null,
    },
    width,
  );
  const { box, left, middle, gap, copied } = layout;
  useLayoutEffect(() => {
    if (query === null) return;
    const view = element.current!;
    const end = left(query + (guess ? 2 : 1));
    const isInView = left(query) >= view.scrollLeft && end <= view.scrollLeft + view.clientWidth;
    if (!isInView) view.scrollLeft = end - view.clientWidth;
  }, [query, guess !== null, width, layout.width]);
  const bottom = box.top + box.height;
  return (
    <div ref={element} class="arcs" role="group" tabIndex={0} aria-label={label}>
      <svg width={layout.width} height={layout.height} role="group" aria-label={label}>
        {seam !== null && (
          <line
            class="seam"
            x1={left(seam) - gap / 2}
            x2={left(seam) - gap / 2}
            y1={box.top - 16}
            y2={bottom + 20}
          />
        )}
        <Boxes {...props} layout={layout} />
        {note && <Note {...note} x={middle(note.at)} y={bottom + 26} />}
        {layout.arcs.map((layoutArc) => (
          <ArcPath
            key={`${layoutArc.arc.role} ${layoutArc.arc.from} ${layoutArc.arc.to}`}
            place={layoutArc}
            isWide={layout.isWide}
          />
        ))}
        {copied && <CopyArc {...copied} />}
      </svg>
    </div>
  );
}

interface BoxesProps extends Props {
  readonly layout: ArcsLayout;
}

/** The tokens, and the guess of the next one after them. */
function Boxes({ layout, ...props }: BoxesProps) {
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
          {...{ piece, at, layout }}
        />
      ))}
      {guess && (
        <Box
          kind="guess"
          textKind="piece copy"
          piece={guess.piece}
          below={percent(guess.probability)}
          at={pieces.length}
          layout={layout}
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
  readonly at: number;
  /** What stands below the box. */
  readonly below: string;
  readonly layout: ArcsLayout;
  readonly choose?: (() => void) | undefined;
}

/** A token, or the guess of one, in its box. */
function Box({ kind, textKind, piece, at, below, layout, choose }: BoxProps) {
  const { box, left, middle } = layout;
  const { width, height, top } = box;
  return (
    <g onClick={choose}>
      <rect class={kind} x={left(at)} y={top} width={width} height={height} rx={8} />
      <text
        class={textKind}
        x={middle(at)}
        y={top + height / 2 + 6}
        style={{ fontSize: `${tokenFont(piece, width)}px` }}
      >
        {shortToken(piece, tokenRoom(width))}
      </text>
      <text class="faint" x={middle(at)} y={top + height + 16}>
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
  readonly place: PlacedArc<Arc>;
  /** There is room for words. */
  readonly isWide: boolean;
}

function ArcPath({ place: layoutArc, isWide }: ArcProps) {
  const { arc, line, point, thickness, label: place } = layoutArc;
  const { weight, role, label, words, isCut = false, isPast = false } = arc;
  const colour = isCut ? "cut" : role;
  const kind = `${colour}${isPast ? " past" : ""}`;
  return (
    <g
      role="img"
      tabIndex={0}
      aria-label={words}
      data-arc={`${arc.from},${arc.to}`}
      data-value={weight}
    >
      <path class={`arc ${kind}`} d={line} style={{ strokeWidth: `${thickness}px` }} />
      <path class={`arc ${kind}`} d={point} style={{ fill: "currentColor", strokeWidth: "1px" }} />
      {label && isWide && (
        <text
          class={`label ${colour}`}
          x={place.x}
          y={place.y}
          style={{ textAnchor: place.anchor }}
        >
          {label}
        </text>
      )}
    </g>
  );
}

function CopyArc({ line, point }: { readonly line: string; readonly point: string }) {
  return (
    <g aria-hidden="true">
      <path class="arc copy" d={line} style={{ strokeWidth: "3px" }} />
      <path
        class="arc copy"
        d={point}
        style={{ fill: "currentColor", strokeDasharray: "none", strokeWidth: "1px" }}
      />
    </g>
  );
}
