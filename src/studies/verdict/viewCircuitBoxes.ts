/** @file The boxes of a drawn circuit: how large they are and what stands in them. */
import { share } from "../../draw/numbers.ts";
import { ROUTE_WORDS } from "../../results/causalNames.ts";
import type { CircuitEdge, CircuitNode, SizedNode } from "./viewCircuitParts.ts";

export const BOX = { width: 148, height: 40, line: 14 };
/** Paths of one route that a box names; the table has all. */
const NAMED = 2;

/** Each head with what its box says and how high that makes it. */
export function sizedNodes(
  nodes: readonly CircuitNode[],
  edges: readonly CircuitEdge[],
): readonly SizedNode[] {
  return nodes.map((node) => {
    const { name, convolution } = node;
    const feedLines = [
      ...(convolution === undefined ? [] : [`own convolution ${share(convolution)}`]),
      ...fedLines(edges.filter(({ to }) => to === name)),
    ];
    return { ...node, feedLines, height: BOX.height + BOX.line * feedLines.length };
  });
}

function fedLines(edges: readonly CircuitEdge[]): string[] {
  return (["k", "q", "v"] as const).flatMap((route) => {
    const routeEdges = edges.filter((edge) => edge.route === route);
    const best = routeEdges.toSorted((a, b) => b.effect - a.effect).slice(0, NAMED);
    const more = routeEdges.length > best.length ? `, +${routeEdges.length - best.length}` : "";
    const list = best.map(({ from, effect }) => `${from} ${share(effect)}`).join(", ");
    return routeEdges.length > 0 ? [`${ROUTE_WORDS[route]} ${list}${more}`] : [];
  });
}
