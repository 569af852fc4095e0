import { useLayoutEffect } from "preact/hooks";
import {
  arcsLayout,
  tokenFont,
  tokenRoom,
  widestArcs,
  type Arc as DrawnArc,
  type ArcsLayout,
  type PlacedArc,
} from "induction-lens/report";
import { usePage } from "../page/page.ts";
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
  /** Room is kept for arcs over so many tokens and for what stands below, so that nothing moves when they come and go. */
  readonly reach?: number;
  /** Left out: tokens cannot be chosen. */
  readonly choose?: (position: number) => void;
}

/** Tokens in a row and arcs over them: who looks back at whom, as thick as the attention. */
export function TokenArcs(props: Props) {
  const { label, pieces, arcs, query = null, guess = null, seam = null, note = null } = props;
  const { view, present } = usePage().state;
  const [element, room] = useWidth<HTMLDivElement>();
  const isScaled = present && view === "learn"; // to the screen
  const widest = isScaled ? widestArcs(pieces.length + Number(guess !== null)) : Infinity;
  const width = Math.min(room, widest);
  const layout = arcsLayout(
    {
      tokens: pieces.length,
      arcs,
      hasGuess: guess !== null,
      copiedFrom: guess?.from ?? null,
      hasNote: note !== null,
      reach: props.reach,
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
      <svg
        width={layout.width}
        height={layout.height}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        role="group"
        aria-label={label}
      >
        {seam !== null && <Seam x={left(seam) - gap / 2} {...{ left, seam, box }} />}
        <Boxes {...props} layout={layout} />
        {note && <Note {...note} x={middle(note.at)} y={bottom + 26} />}
        {layout.arcs.map((drawnArc) => (
          <ArcPath
            key={`${drawnArc.arc.role} ${drawnArc.arc.from} ${drawnArc.arc.to}`}
            place={drawnArc}
          />
        ))}
        {copied && <CopyArc {...copied} />}
        {layout.isWide &&
          layout.arcs.map((drawnArc) => <ArcLabel key={drawnArc.line} place={drawnArc} />)}
      </svg>
    </div>
  );
}

interface BoxesProps extends Props {
  readonly layout: ArcsLayout<Arc>;
}

/** The tokens, and the guess of the next one after them. */
function Boxes({ layout, ...props }: BoxesProps) {
  const { pieces, guess, choose } = props;
  const texts = guess ? [...pieces, guess.piece] : pieces;
  const fontSize = tokenFont(texts, layout.box.width);
  return (
    <>
      {pieces.map((piece, at) => (
        <Box
          key={at}
          kind={kindOf(at, props)}
          textKind="piece"
          below={String(at)}
          choose={choose && (() => choose(at))}
          {...{ piece, at, layout, fontSize }}
        />
      ))}
      {guess && (
        <Box
          kind="guess"
          textKind="piece copy"
          piece={guess.piece}
          below={percent(guess.probability)}
          at={pieces.length}
          {...{ layout, fontSize }}
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
  readonly layout: ArcsLayout<Arc>;
  readonly fontSize: number;
  readonly choose?: (() => void) | undefined;
}

/** A token, or the guess of one, in its box. */
function Box({ kind, textKind, piece, at, below, layout, fontSize, choose }: BoxProps) {
  const { box, left, middle } = layout;
  const { width, height, top } = box;
  return (
    <g onClick={choose}>
      <rect class={kind} x={left(at)} y={top} width={width} height={height} rx={8} />
      <text
        class={textKind}
        x={middle(at)}
        y={top + height / 2 + 6}
        style={{ fontSize: `${fontSize}px` }}
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
}

function kindOfArc({ role, isCut = false }: Arc): string {
  return isCut ? "cut" : role;
}

function ArcPath({ place: { arc, line, point, thickness } }: ArcProps) {
  const kind = `${kindOfArc(arc)}${arc.isPast ? " past" : ""}`;
  return (
    <g
      role="img"
      tabindex={0} // not tabIndex: attributes of SVG are case-sensitive
      aria-label={arc.words}
      data-arc={`${arc.from},${arc.to}`}
      data-value={arc.weight}
    >
      <path class={`arc ${kind}`} d={line} style={{ strokeWidth: `${thickness}px` }} />
      <path class={`arc ${kind}`} d={point} style={{ fill: "currentColor", strokeWidth: "1px" }} />
    </g>
  );
}

/** Words of an arc, drawn after all arcs so that none crosses them; a listener has heard them with the arc. */
function ArcLabel({ place: { arc, label } }: ArcProps) {
  return (
    <text
      aria-hidden="true"
      class={`label ${kindOfArc(arc)}`}
      x={label.x}
      y={label.y}
      style={{ textAnchor: label.anchor }}
    >
      {arc.label}
    </text>
  );
}

interface SeamProps extends Pick<ArcsLayout, "left" | "box"> {
  readonly seam: number;
  readonly x: number;
}

/** Where the block begins again. */
function Seam({ seam, x, left, box }: SeamProps) {
  const { top, height } = box;
  const above = { y: top - 8, style: { textAnchor: "start" } };
  return (
    <>
      <line class="seam" x1={x} x2={x} y1={top - 20} y2={top + height + 20} />
      <text class="faint" x={left(0)} {...above}>
        first time
      </text>
      <text class="faint" x={left(seam)} {...above}>
        again
      </text>
    </>
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
