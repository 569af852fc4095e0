/** @file A circuit with its layers from left to right: columns are layers that have a head, and in a column heads go down. */
import { BOX, sizedNodes } from "./viewCircuitBoxes.ts";
import { circuitLanes } from "./viewCircuitLanes.ts";
import type { CircuitEdge, CircuitLayout, CircuitNode, PlacedNode } from "./viewCircuitParts.ts";

const GAP = { x: 104, y: 22 };
const TOP = 26;
/** Room for half an outline. */
const EDGE = 2;

/** Where boxes and paths are when layers go from left to right. */
export function layersAcross(
  nodes: readonly CircuitNode[],
  edges: readonly CircuitEdge[],
): CircuitLayout {
  const columnPlaces = placeNodes(nodes, edges);
  const columnLanes = circuitLanes(columnPlaces, edges);
  const ys = [...columnLanes.values()].flatMap((lanes) => lanes.map(({ y }) => y));
  const down = Math.max(0, TOP - Math.min(TOP, ...ys)); // what goes above all boxes stays below the headings
  const boxes = columnPlaces.map((place) => ({ ...place, y: place.y + down }));
  const at = new Map(boxes.map((place) => [place.name, place]));
  const bottoms = [...boxes.map((place) => place.y + place.height), ...ys.map((y) => y + down)];
  const columns = new Map(boxes.map(({ layer, x }) => [layer, x]));
  const lanesOf = (edge: CircuitEdge) =>
    columnLanes.get(edge)!.map(({ x, y }) => ({ x, y: y + down }));
  return {
    width: Math.max(...boxes.map(({ x }) => x)) + BOX.width + EDGE,
    height: Math.max(...bottoms) + 8,
    boxes,
    headings: [...columns].map(([layer, x]) => ({
      ...{ layer, x: x + BOX.width / 2, y: 12 },
      anchor: "middle",
    })),
    pathOf: (edge) => pathOf(edge, at, lanesOf(edge)),
  };
}

/** Columns are evenly spaced. */
function placeNodes(nodes: readonly CircuitNode[], edges: readonly CircuitEdge[]): PlacedNode[] {
  const boxNodes = sizedNodes(nodes, edges);
  const height = Math.max(...boxNodes.map((node) => node.height));
  const stepY = height + GAP.y;
  const layers = [...new Set(nodes.map(({ layer }) => layer))].sort((a, b) => a - b);
  const most = Math.max(
    ...layers.map((layer) => nodes.filter((node) => node.layer === layer).length),
  );
  return layers.flatMap((layer, column) => {
    const layerNodes = boxNodes.filter((node) => node.layer === layer);
    const lead = ((most - layerNodes.length) * stepY) / 2;
    return layerNodes.map((node, row) => {
      const y = TOP + lead + row * stepY + (height - node.height) / 2;
      return { ...node, x: EDGE + column * (BOX.width + GAP.x), y };
    });
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From the right of one box to the left of the other, level in every column between them. */
function pathOf(
  { from, to }: CircuitEdge,
  at: ReadonlyMap<string, PlacedNode>,
  lanes: readonly Point[],
): string {
  const [first, last] = [at.get(from)!, at.get(to)!];
  const middle = ({ y, height }: PlacedNode) => y + height / 2;
  const levels = [
    ...lanes.map(({ x, y }) => ({ enter: x, leave: x + BOX.width, y })),
    { enter: last.x, leave: last.x, y: middle(last) },
  ];
  let before = { x: first.x + BOX.width, y: middle(first) };
  const parts = [`M${before.x},${before.y}`];
  for (const { enter, leave, y } of levels) {
    const bend = Math.max(40, (enter - before.x) / 2);
    parts.push(`C${before.x + bend},${before.y},${enter - bend},${y},${enter},${y}`);
    if (leave > enter) parts.push(`H${leave}`);
    before = { x: leave, y };
  }
  return parts.join("");
}
