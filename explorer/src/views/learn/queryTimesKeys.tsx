import { useMemo, useState } from "preact/hooks";
import { decimals } from "../../parts/decimals.ts";
import { endsOf, SignedBar } from "./signedBar.tsx";
import type { Lesson } from "../../parts/lesson.ts";
import { largestIn } from "./strip.tsx";

export interface ComparedVectors {
  readonly query: Float32Array;
  /** By position. */
  readonly keys: readonly Float32Array[];
  /** By position; -Infinity where the query cannot see. */
  readonly scores: Float32Array;
  readonly width: number;
  /** Both are turned by their position. */
  readonly rotated: boolean;
  /** From the sum of products to the score; null: they are not the whole score. */
  readonly scale: number | null;
}

interface Props {
  readonly lesson: Lesson;
  readonly vectors: ComparedVectors;
  readonly winner: number;
  readonly guess: number | null;
  readonly choose: (key: number) => void;
}

/** A strip at the size at which it is read, for as many places as a head has. */
const ROOM = 448;
const [QUERY_HEIGHT, KEY_HEIGHT] = [26, 34];

/** The query above, the keys below in the same columns, in each the product: up where it adds, down where it takes away. */
export function QueryTimesKeys({ lesson, vectors, winner, guess, choose }: Props) {
  const { query, tokenAt } = lesson;
  const [pointed, point] = useState<StripCell | null>(null);
  const place = pointed?.place ?? null;
  const bounds = useMemo(() => boundsOf(vectors), [vectors]);
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label="The query times each key">
      <table class="qk">
        <caption>
          The query, and below it each key in the same columns. Purple is above zero, orange below.
          The mark in front is their product: up counts for the key, down against it.
        </caption>
        <thead>
          <tr>
            <th scope="col">position</th>
            <th scope="col">
              <span class="inQuery">query</span> × <span class="inKey">key</span>
            </th>
            <th scope="col">score</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">
              query of <code>{tokenAt(query)}</code>
            </th>
            <td>
              <QueryStrip {...{ vectors, bounds, place, point }} />
            </td>
            <td />
          </tr>
          {vectors.keys.map((_, key) => (
            <KeyRow
              key={key}
              at={key}
              {...{ lesson, vectors, bounds, place, point, winner, guess, choose }}
            />
          ))}
        </tbody>
      </table>
      <p class="hint" role="status">
        {pointed === null
          ? "Point at a cell to see its numbers."
          : placeWords(vectors, pointed, tokenAt)}
      </p>
    </div>
  );
}

/** A cell: its column, and the position of its key; null: the query's own. */
interface StripCell {
  readonly place: number;
  readonly key: number | null;
}

function placeWords(
  { query, keys }: ComparedVectors,
  { place, key }: StripCell,
  tokenAt: (position: number) => string,
): string {
  const q = query[place]!;
  if (key === null) return `Number ${place + 1} of the query: ${decimals(q, 1)}`;
  const k = keys[key]![place]!;
  return `Number ${place + 1}, query × key of ${tokenAt(key)} at ${key}: ${decimals(q, 1)} × ${decimals(k, 1)} = ${decimals(q * k, 1)}`;
}

interface Bounds {
  readonly query: number;
  readonly key: number;
  readonly product: number;
  readonly score: readonly [low: number, high: number];
}

/** One scale for all keys, one for all products and one for all scores, so that rows can be compared. */
function boundsOf({ query, keys, scores }: ComparedVectors): Bounds {
  return {
    query: largestIn([query]),
    key: largestIn(keys),
    product: largestIn(keys.map((key) => key.map((value, at) => value * query[at]!))),
    score: endsOf(scores),
  };
}

interface Pointing {
  readonly place: number | null;
  readonly point: (pointed: StripCell | null) => void;
}

interface StripProps extends Pointing {
  readonly vectors: ComparedVectors;
  readonly bounds: Bounds;
}

function QueryStrip({ vectors, bounds, place, point }: StripProps) {
  const { query, width } = vectors;
  const size = ROOM / width;
  return (
    <svg
      class="product"
      viewBox={`0 0 ${ROOM} ${QUERY_HEIGHT}`}
      role="img"
      aria-label={`query: ${numbersText(query)}`}
      onPointerLeave={() => point(null)}
    >
      {[...query].map((value, at) => (
        <rect
          key={at}
          x={at * size}
          y={0}
          width={size * 0.94}
          height={QUERY_HEIGHT}
          {...tint(value, bounds.query)}
          onPointerEnter={() => point({ place: at, key: null })}
        />
      ))}
      <Column {...{ place, size }} height={QUERY_HEIGHT} />
    </svg>
  );
}

/** How strong the largest key is, behind its product, and how strong any cell is at least. */
const [BEHIND, FAINT] = [0.45, 0.1];

/** The hue says the sign and the strength the size, for queries and keys alike: the same colour is the same sign. */
function tint(value: number, bound: number, most = 1) {
  const opacity = most * Math.max(FAINT, Math.abs(value) / bound);
  return { class: value < 0 ? "against" : "for", style: { opacity } };
}

/** All numbers, for a listener who wants to do the sum. */
function numbersText(values: Float32Array): string {
  return [...values].map((value) => value.toFixed(1)).join(", ");
}

function Column({
  place,
  size,
  height,
}: {
  readonly place: number | null;
  readonly size: number;
  readonly height: number;
}) {
  return (
    place !== null && (
      <rect class="column" x={place * size} y={0} width={size * 0.94} height={height} />
    )
  );
}

interface RowProps extends Props, Pointing {
  readonly bounds: Bounds;
  readonly at: number;
}

function KeyRow({ at, lesson, vectors, bounds, place, point, winner, guess, choose }: RowProps) {
  const { tokenAt } = lesson;
  const { scores } = vectors;
  return (
    <tr class={guess !== null && at === winner ? "chosen" : undefined}>
      <th scope="row">
        <button
          type="button"
          class="plain"
          aria-pressed={guess === at}
          aria-label={`The key of ${tokenAt(at)} at ${at} wins`}
          onClick={() => choose(at)}
        >
          {tokenAt(at)} at {at}
        </button>
      </th>
      <td>
        <KeyStrip {...{ vectors, bounds, place, point }} name={`key at ${at}`} at={at} />
      </td>
      <td data-score={at} data-value={guess === null ? undefined : scores[at]}>
        {guess === null ? (
          "?"
        ) : (
          <span class="numberBar">
            {decimals(scores[at]!, 2)}
            <SignedBar value={scores[at]!} ends={bounds.score} />
          </span>
        )}
      </td>
    </tr>
  );
}

interface KeyStripProps extends StripProps {
  readonly at: number;
  readonly name: string;
}

function KeyStrip({ vectors, bounds, at, name, place, point }: KeyStripProps) {
  const { query, keys, width } = vectors;
  const key = keys[at]!;
  const size = ROOM / width;
  const middle = KEY_HEIGHT / 2;
  return (
    <svg
      class="product"
      viewBox={`0 0 ${ROOM} ${KEY_HEIGHT}`}
      role="img"
      aria-label={`${name}: ${numbersText(key)}`}
      onPointerLeave={() => point(null)}
    >
      {[...key].map((value, index) => {
        const product = (value * query[index]!) / bounds.product;
        const height = Math.abs(product) * (middle - 1);
        return (
          <g key={index} onPointerEnter={() => point({ place: index, key: at })}>
            <rect
              x={index * size}
              y={0}
              width={size * 0.94}
              height={KEY_HEIGHT}
              {...tint(value, bounds.key, BEHIND)}
            />
            <rect
              class={product < 0 ? "against" : "for"}
              x={index * size + size * 0.17}
              y={product < 0 ? middle : middle - height}
              width={size * 0.6}
              height={Math.max(0.6, height)}
            />
          </g>
        );
      })}
      <Column {...{ place, size }} height={KEY_HEIGHT} />
    </svg>
  );
}
