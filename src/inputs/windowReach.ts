/**
 * @file Windows and chunks that are shorter than a period: a head there cannot see what followed the earlier copy, whatever it
 * has learned.
 */
import { roundedUp } from "../measure/certificate/safeRounding.ts";
import type { Sight } from "../measure/uniformScores.ts";
import type { Architecture } from "../models/family.ts";

type Reach = Pick<Architecture, "layers" | "windows" | "chunks">;
type Sizes = readonly (number | null)[];

/** Whether a query sees a key in `layer`, up to itself and within its window or chunk; null: all up to itself. */
export function sightOf(
  { windows = [], chunks = [] }: Omit<Reach, "layers">,
  layer: number,
): Sight {
  const [window, chunk] = [windows[layer] ?? null, chunks[layer] ?? null];
  if (window === null && chunk === null) return null;
  return (query, key) =>
    key <= query &&
    (window === null || query - key < window) &&
    (chunk === null || Math.floor(query / chunk) === Math.floor(key / chunk));
}

/** What `valueOf` makes of what each layer sees; layers that see alike have one sight and share one value, which is made once. */
export function forEachSight<Value>(
  architecture: Reach,
  valueOf: (sight: Sight) => Value,
): Value[] {
  const { layers, windows = [], chunks = [] } = architecture;
  const known = new Map<string, Value>();
  return Array.from({ length: layers }, (_, layer) => {
    const key = `${windows[layer] ?? ""} ${chunks[layer] ?? ""}`;
    if (!known.has(key)) known.set(key, valueOf(sightOf(architecture, layer)));
    return known.get(key)!;
  });
}

/** Layers of which no query sees the token after the earlier copy, `period - 1` before it: those with a window, or chunks, under `period`. */
export function layersOutOfReach({ windows = [], chunks = [] }: Reach, period: number): number[] {
  const layers = new Set([...shorterThan(period, windows), ...shorterThan(period, chunks)]);
  return [...layers].sort((a, b) => a - b);
}

/**
 * A sentence for all layers with too short a window, one for those with too short chunks, and one for each size of chunks that
 * parts some queries of the second copy from what they would look for; nothing where every layer reaches.
 *
 * @param start where the first copy starts; left out where rows are not two copies
 */
export function reachWarnings(architecture: Reach, period: number, start?: number): string[] {
  const { windows = [], chunks = [] } = architecture;
  return [
    ...outOfReach(architecture, period, windows, "window"),
    ...outOfReach(architecture, period, chunks, "chunk"),
    ...(start === undefined ? [] : partedByChunks(chunks, period, start)),
  ];
}

/** Where a Result has one null for all layers: those with a window or chunks see fewer keys than it counts. */
export function oneNullWarnings(
  { layers: count, windows = [], chunks = [] }: Reach,
  length: number,
) {
  const isShort = (layer: number) =>
    [windows, chunks].some((sizes) => (sizes[layer] ?? Infinity) < length);
  const short = Array.from({ length: count }, (_, layer) => layer).filter(isShort).length;
  if (short === 0) return [];
  return [
    `${short} of ${count} layers see less than the rows of ${length} tokens: what uniform attention scores is that of layers which see all`,
  ];
}

function outOfReach(
  { layers: count }: Reach,
  period: number,
  sizes: Sizes,
  kind: "window" | "chunk",
): string[] {
  const layers = shorterThan(period, sizes);
  if (layers.length === 0) return [];
  const own = layers.map((layer) => sizes[layer]!);
  const [least, most] = [Math.min(...own), Math.max(...own)];
  const seeing =
    layers.length === count
      ? "no layer sees"
      : `${layerList(layers)} ${layers.length === 1 ? "does" : "do"} not see`;
  const one = kind === "window" ? `a window of ${least}` : `chunks of ${least}`;
  const size = least === most ? `${one} tokens` : `${kind}s of ${least} to ${most} tokens`;
  const longest = kind === "window" ? 2 * least : least;
  return [
    `${seeing} what followed the earlier copy (${size}, a period of ${period}): induction cannot reach there, which does not mean that there is none; sequences of at most ${longest} tokens bring it within reach`,
  ];
}

/** Query i and key i - period + 1 are in one chunk where i modulo its size is at least period - 1. */
function partedByChunks(chunks: Sizes, period: number, start: number): string[] {
  const sizes = [...new Set(chunks)].filter((size) => size !== null && size >= period) as number[];
  return sizes.flatMap((size) => {
    const queries = Array.from({ length: period }, (_, at) => start + period + at);
    const within = queries.filter((query) => query % size >= period - 1).length;
    if (within === period) return [];
    const layers = [...chunks.keys()].filter((layer) => chunks[layer] === size);
    return [
      `${layerList(layers)}: ${within} of the ${period} tokens of the second copy see what followed the earlier copy, the others are in another chunk than it (chunks of ${size} tokens): induction scores there are at most ${roundedUp(within / period, 3).toFixed(3)}; sequences of at most ${size} tokens lie in one chunk`,
    ];
  });
}

function shorterThan(period: number, sizes: Sizes): number[] {
  return sizes.flatMap((size, layer) => (size !== null && size < period ? [layer] : []));
}

/** `layer 1`, `layers 1, 2`. */
export function layerList(layers: readonly number[]): string {
  return `${layers.length === 1 ? "layer" : "layers"} ${layers.join(", ")}`;
}
