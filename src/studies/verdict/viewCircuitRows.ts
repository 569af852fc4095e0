/** @file A circuit of more layers than a page is wide: layers from top to bottom, the heads of each side by side. */
import { BOX, sizedNodes } from "./viewCircuitBoxes.ts";
import { circuitLanes } from "./viewCircuitLanes.ts";
import type { CircuitEdge, CircuitLayout, CircuitNode, PlacedNode } from "./viewCircuitParts.ts";

/** Between boxes; across at least and at most. */
const GAP = { x: 22, widest: 90, y: 58 };
/** Room for the name of a layer. */
const HEADING = 64;
/** Room for half an outline. */
const EDGE = 2;

/** A row of boxes of one layer. */
interface Row {
  readonly layer: number;
  readonly top: number;
  readonly height: number;
}

/**
 * Where boxes and paths are when layers go down and heads across.
 *
 * @param room how wide it may be, px; more heads than fit make it wider
 */
export function layersInRows(
  nodes: readonly CircuitNode[],
  edges: readonly CircuitEdge[],
  room: number,
): CircuitLayout {
  const { rows, places } = placeNodes(nodes, edges, room);
  const rowOf = new Map(rows.map((row) => [row.layer, row]));
  // Lanes are found in columns: a row is one that lies on its side.
  const onTheirSide = places.map(({ name, layer, x }) => ({
    ...{ name, x: rowOf.get(layer)!.top, y: x, height: BOX.width },
  }));
  const lanes = circuitLanes(onTheirSide, edges);
  const xs = [...lanes.values()].flatMap((own) => own.map(({ y }) => y));
  const across = Math.max(0, HEADING - Math.min(HEADING, ...xs)); // paths stay beside the names of layers
  const boxes = places.map((place) => ({ ...place, x: place.x + across }));
  const at = new Map(boxes.map((place) => [place.name, place]));
  const rowAt = new Map(rows.map((row) => [row.top, row]));
  const rights = [...boxes.map(({ x }) => x + BOX.width), ...xs.map((x) => x + across)];
  const last = rows.at(-1)!;
  return {
    width: Math.max(...rights) + EDGE,
    height: last.top + last.height + 8,
    boxes,
    headings: rows.map(({ layer, top, height }) => ({
      ...{ layer, x: 0, y: top + height / 2 + 4 },
      anchor: "start",
    })),
    pathOf: (edge) => {
      const passed = lanes.get(edge)!.map(({ x: top, y }) => {
        const { height } = rowAt.get(top)!;
        return { enter: top, leave: top + height, x: y + across };
      });
      return pathOf(at.get(edge.from)!, at.get(edge.to)!, passed);
    },
  };
}

/** Rows are as high as their highest box; shorter ones lie in the middle. */
function placeNodes(nodes: readonly CircuitNode[], edges: readonly CircuitEdge[], room: number) {
  const boxNodes = sizedNodes(nodes, edges);
  const inLayer = (layer: number) => boxNodes.filter((node) => node.layer === layer);
  const layers = [...new Set(nodes.map(({ layer }) => layer))].sort((a, b) => a - b);
  const most = Math.max(...layers.map((layer) => inLayer(layer).length));
  const free = (room - 2 * HEADING) / most - BOX.width;
  const step = BOX.width + Math.min(GAP.widest, Math.max(GAP.x, free));
  const rows: Row[] = [];
  const places: PlacedNode[] = [];
  let top = EDGE;
  for (const layer of layers) {
    const own = inLayer(layer);
    const height = Math.max(...own.map((node) => node.height));
    const left = HEADING + ((most - own.length) * step) / 2;
    own.forEach((node, column) =>
      places.push({ ...node, x: left + column * step, y: top + (height - node.height) / 2 }),
    );
    rows.push({ layer, top, height });
    top += height + GAP.y;
  }
  return { rows, places };
}

/** Where a path goes through a row. */
interface Crossing {
  readonly enter: number;
  readonly leave: number;
  readonly x: number;
}

/** From the bottom of one box to the top of the other, upright in every row between them. */
function pathOf(from: PlacedNode, to: PlacedNode, passed: readonly Crossing[]): string {
  const middle = ({ x }: PlacedNode) => x + BOX.width / 2;
  let before = { x: middle(from), y: from.y + from.height };
  const parts = [`M${before.x},${before.y}`];
  for (const { enter, leave, x } of [...passed, { enter: to.y, leave: to.y, x: middle(to) }]) {
    const bend = Math.max(24, (enter - before.y) / 2);
    parts.push(`C${before.x},${before.y + bend},${x},${enter - bend},${x},${enter}`);
    if (leave > enter) parts.push(`V${leave}`);
    before = { x, y: leave };
  }
  return parts.join("");
}
