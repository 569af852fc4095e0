/** @file Estimates of all paths, summed over examples: too many to keep one by one. */
import type { Tensor } from "../../base/tensor.ts";
import { FEWEST_FOR_INTERVAL, tQuantile } from "../../measure/interval.ts";
import type { Architecture } from "../../models/family.ts";
import type { AttributionResult } from "./result.ts";
import { HEAD_ROUTES, pathsInto, pathsOut } from "./attributionProgram.ts";
import { headName } from "../../base/headName.ts";

export interface PathSums {
  examples: number;
  /** Sum and sum of squares over examples by name of the value, laid out as one example of it. */
  readonly sums: Map<string, { readonly sum: Float64Array; readonly squares: Float64Array }>;
}

type Path = NonNullable<AttributionResult["paths"]>["top"][number];

export function emptySums(): PathSums {
  return { examples: 0, sums: new Map() };
}

/** Adds the rows of a run to `into`. */
export function addPaths(
  into: PathSums,
  trace: ReadonlyMap<string, Tensor>,
  examples: number,
): void {
  into.examples += examples;
  const isPath = (name: string) => /^estimate:(paths|logits)\./.test(name);
  for (const [name, { data }] of [...trace].filter(([key]) => isPath(key))) {
    const size = data.length / examples;
    const earlier = into.sums.get(name);
    const { sum, squares } = earlier ?? {
      sum: new Float64Array(size),
      squares: new Float64Array(size),
    };
    data.forEach((value, index) => {
      sum[index % size]! += value;
      squares[index % size]! += value * value;
    });
    into.sums.set(name, { sum, squares });
  }
}

/** How many paths there are, and the `most` largest in size; an effect is the change times `share`. */
export function pathsOf(
  { examples, sums }: PathSums,
  { layers, heads }: Architecture,
  { share, most }: { readonly share: number | null; readonly most: number },
): { readonly count: number; readonly top: Path[] } {
  const all = Array.from({ length: layers }, (_, layer) => pathsAt(layer, heads)).flat();
  const sumOf = ({ name, at }: Place) => sums.get(name)!.sum[at]!;
  const top = all.toSorted((a, b) => Math.abs(sumOf(b)) - Math.abs(sumOf(a))).slice(0, most);
  return {
    count: all.length,
    top: top.map(({ from, into, route, name, at }) => {
      const change = sums.get(name)!.sum[at]! / examples;
      const interval = intervalOf(change, sums.get(name)!.squares[at]!, examples);
      return {
        from,
        into,
        route,
        change,
        effect: share === null ? null : share * change,
        interval,
      };
    }),
  };
}

interface Place extends Pick<Path, "from" | "into" | "route"> {
  /** The value that has its estimate, and where. */
  readonly name: string;
  readonly at: number;
}

/** Paths of a layer's heads into the logits, and of all earlier heads into the layer's. */
function pathsAt(layer: number, heads: number): Place[] {
  const receivers = HEAD_ROUTES.length * heads;
  const out = Array.from({ length: heads }, (_, head): Place => {
    const from = headName({ layer, head });
    return { from, into: null, route: "logits", name: pathsOut(layer), at: head };
  });
  const into = Array.from({ length: layer * heads * receivers }, (_, at): Place => {
    const [source, receiver] = [Math.floor(at / receivers), at % receivers];
    return {
      from: headName({ layer: Math.floor(source / heads), head: source % heads }),
      into: headName({ layer, head: receiver % heads }),
      route: HEAD_ROUTES[Math.floor(receiver / heads)]!,
      name: pathsInto(layer),
      at,
    };
  });
  return [...out, ...into];
}

/** 95 % t interval of a mean from its sum of squares; null where there are too few examples. */
function intervalOf(mean: number, squares: number, count: number): [number, number] | null {
  if (count < FEWEST_FOR_INTERVAL) return null;
  const variance = Math.max(0, squares - count * mean * mean) / (count - 1);
  const reach = tQuantile(count) * Math.sqrt(variance / count);
  return [mean - reach, mean + reach];
}
