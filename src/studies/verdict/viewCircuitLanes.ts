/** @file Where paths of a drawn circuit go that pass other layers: beside their boxes, never behind one, where they would seem to end. */

interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

interface Path {
  readonly from: string;
  readonly to: string;
  /** The strongest choose first. */
  readonly effect: number;
}

/** Where a path passes the column whose boxes begin at `x`. */
export interface Lane {
  readonly x: number;
  readonly y: number;
}

/** Between a path and a box that it passes. */
const CLEAR = 7;
/** Between two paths beside each other. */
const APART = 6;

/**
 * For each path its lanes in the columns that it passes, from left to right: the free place nearest to the straight line between its
 * ends.
 *
 * @param boxes all boxes; those of one column have one `x`
 */
export function circuitLanes<Edge extends Path>(
  boxes: readonly Box[],
  paths: readonly Edge[],
): ReadonlyMap<Edge, readonly Lane[]> {
  const at = new Map(boxes.map((box) => [box.name, box]));
  const columns = [...new Set(boxes.map(({ x }) => x))].sort((a, b) => a - b);
  const passing = new Map(columns.map((x) => [x, [] as number[]]));
  const lanes = new Map<Edge, readonly Lane[]>();
  for (const path of paths.toSorted((a, b) => b.effect - a.effect)) {
    const [from, to] = [at.get(path.from)!, at.get(path.to)!];
    const [start, end] = [from.y + from.height / 2, to.y + to.height / 2];
    const passed = columns.filter((x) => x > from.x && x < to.x);
    const own = passed.map((x): Lane => {
      const straight = start + ((end - start) * (x - from.x)) / (to.x - from.x);
      const column = boxes.filter((box) => box.x === x);
      const y = nearestFree(straight, column, passing.get(x)!);
      passing.get(x)!.push(y);
      return { x, y };
    });
    lanes.set(path, own);
  }
  return lanes;
}

/** The place nearest to `y` that is clear of all boxes and of the paths that pass there already. */
function nearestFree(y: number, column: readonly Box[], passing: readonly number[]): number {
  const isFree = (place: number) =>
    column.every((box) => place <= box.y - CLEAR || place >= box.y + box.height + CLEAR) &&
    passing.every((other) => Math.abs(place - other) >= APART);
  const edges = [
    ...column.flatMap((box) => [box.y - CLEAR, box.y + box.height + CLEAR]),
    ...passing.flatMap((other) => [other - APART, other + APART]),
  ];
  const places = [y, ...edges].filter(isFree);
  return places.reduce((best, place) => (Math.abs(place - y) < Math.abs(best - y) ? place : best));
}
