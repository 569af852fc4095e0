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
  /** The token that the reader chose. */
  readonly mine?: number | null;
  /** Where a block begins again. */
  readonly seam?: number | null;
  /** A note that a head leaves under a token. */
  readonly note?: { readonly at: number; readonly text: string } | null;
  /** What the model says comes next, with the probability; an arrow with `copied` on it leads there from `from` once it is said to be copied. */
  readonly guess?: {
    readonly piece: string;
    readonly probability: number | null;
    readonly from: number | null;
    readonly copied?: string;
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
  const { left, copied } = layout;
  useLayoutEffect(() => {
    if (query === null) return;
    const view = element.current!;
    const end = left(query + (guess ? 2 : 1));
    const isInView = left(query) >= view.scrollLeft && end <= view.scrollLeft + view.clientWidth;
    if (!isInView) view.scrollLeft = end - view.clientWidth;
  }, [query, guess !== null, width, layout.width]);
  const isDrawn = ({ arc }: PlacedArc<Arc>) => layout.arcs.some((drawn) => drawn.arc === arc);
  return (
    <>
      <div ref={element} class="arcs" role="group" tabIndex={0} aria-label={label}>
        <svg
          width={layout.width}
          height={layout.height}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          role="group"
          aria-label={label}
        >
          {seam !== null && <Seam {...{ seam, layout }} />}
          <Boxes {...props} layout={layout} />
          {note && <Note {...note} layout={layout} />}
          {layout.arcs.map((drawnArc) => (
            <ArcPath
              key={`${drawnArc.arc.role} ${drawnArc.arc.from} ${drawnArc.arc.to}`}
              place={drawnArc}
            />
          ))}
          {copied && <CopyArc {...copied} words={guess?.copied} />}
          {seam !== null && <SeamWords {...{ seam, layout }} />}
          {layout.isWide &&
            layout.worded.map((place) => (
              <ArcLabel key={place.line} place={place} isHeard={isDrawn(place)} />
            ))}
        </svg>
      </div>
      {!layout.isWide && layout.worded.length > 0 && (
        <ArcKey places={layout.worded} isHeard={isDrawn} />
      )}
    </>
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
  { query, target, mine, choose }: Pick<Props, "query" | "target" | "mine" | "choose">,
): string {
  const kind = at === query ? "query" : at === target ? "target" : at === mine ? "mine" : "";
  return `${kind}${choose ? " choice" : ""}`;
}

interface NoteProps {
  readonly at: number;
  readonly text: string;
  readonly layout: ArcsLayout<Arc>;
}

function Note({ at, text, layout: { box, note, middle } }: NoteProps) {
  const width = 20 + 8 * text.length;
  const [x, y] = [middle(at), box.top + box.height + note.top];
  const size = { width, height: note.height, rx: note.height / 2 };
  return (
    <g>
      <rect class="note" x={x - width / 2} y={y} {...size} />
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

interface LabelProps extends ArcProps {
  /** A listener has heard the words with the arc. */
  readonly isHeard: boolean;
}

/** Words of an arc, drawn after all arcs so that none crosses them. */
function ArcLabel({ place: { arc, label }, isHeard }: LabelProps) {
  return (
    <text
      aria-hidden={isHeard}
      class={`label ${kindOfArc(arc)}`}
      x={label.x}
      y={label.y}
      style={{ textAnchor: label.anchor }}
    >
      {arc.label}
    </text>
  );
}

interface KeyProps {
  readonly places: readonly PlacedArc<Arc>[];
  readonly isHeard: (place: PlacedArc<Arc>) => boolean;
}

/** Words of the arcs below a row that has no room for them over it, each beside a stroke of its arc. */
function ArcKey({ places, isHeard }: KeyProps) {
  return (
    <ul class="key">
      {places.map((place) => (
        <li key={place.line} aria-hidden={isHeard(place)}>
          <svg width="28" height="10" aria-hidden="true">
            <path
              class={`arc ${kindOfArc(place.arc)}`}
              d="M0 5L28 5"
              style={{ strokeWidth: "4px" }}
            />
          </svg>{" "}
          {place.arc.label}
        </li>
      ))}
    </ul>
  );
}

interface SeamProps {
  readonly seam: number;
  readonly layout: ArcsLayout<Arc>;
}

/** Where the block begins again. */
function Seam({ seam, layout: { left, gap, box } }: SeamProps) {
  const { top, height } = box;
  const x = left(seam) - gap / 2;
  return <line class="seam" x1={x} x2={x} y1={top - 20} y2={top + height + 20} />;
}

/** What stands on either side of the seam, clear of it and beside an arc that ends there. */
function SeamWords({ seam, layout: { left, middle, gap, box, arcs } }: SeamProps) {
  const isUnder = (at: number) => arcs.some(({ arc }) => arc.from === at || arc.to === at);
  const placeOf = (at: number) => (isUnder(at) ? middle(at) + BESIDE_ARC : left(at));
  const words = [
    { x: placeOf(0), text: "first time" },
    { x: Math.max(placeOf(seam), left(seam) - gap / 2 + 6), text: "again" },
  ];
  return (
    <>
      {words.map(({ x, text }) => (
        <text key={text} class="faint over" x={x} y={box.top - 8} style={{ textAnchor: "start" }}>
          {text}
        </text>
      ))}
    </>
  );
}

/** Pixels from the middle of an arc's point to what stands beside it. */
const BESIDE_ARC = 11;

interface CopyProps extends NonNullable<ArcsLayout["copied"]> {
  readonly words: string | undefined;
}

function CopyArc({ line, point, label, words }: CopyProps) {
  return (
    <g aria-hidden="true">
      <path class="arc copy" d={line} style={{ strokeWidth: "3px" }} />
      <path
        class="arc copy"
        d={point}
        style={{ fill: "currentColor", strokeDasharray: "none", strokeWidth: "1px" }}
      />
      {words && (
        <text class="label copy" {...label}>
          {words}
        </text>
      )}
    </g>
  );
}
