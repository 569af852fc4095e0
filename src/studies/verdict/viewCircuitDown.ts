/** @file A circuit in a narrow place, such as a telephone: all heads in one column, layer by layer, and paths as arcs beside them. */
import { FIGURE_PAD } from "../../draw/figure.ts";
import { BOX, sizedNodes } from "./viewCircuitBoxes.ts";
import type { CircuitEdge, CircuitLayout, CircuitNode, PlacedNode } from "./viewCircuitParts.ts";

const GAP = 12;
const HEADING = 22;
/** Room for half an outline, and for half of the thickest path. */
const EDGE = { box: 2, path: 4 };
/** How far the arc to the next box reaches. */
const SHORTEST = 14;
/** Of a box's height: where paths come in, and where they leave. */
const PORTS = { in: 0.3, out: 0.7 };

/**
 * Where boxes and paths are when layers go down.
 *
 * @param room how wide the whole picture may be, px
 */
export function layersDown(
  nodes: readonly CircuitNode[],
  edges: readonly CircuitEdge[],
  room: number,
): CircuitLayout {
  const { boxes, headings, height } = stack(nodes, edges);
  const at = new Map(boxes.map((box, row) => [box.name, { ...box, row }]));
  const right = EDGE.box + BOX.width;
  const reach = Math.max(3 * SHORTEST, room - 2 * FIGURE_PAD - right - EDGE.path);
  const spanOf = ({ from, to }: CircuitEdge) => at.get(to)!.row - at.get(from)!.row;
  const longest = Math.max(2, ...edges.map(spanOf));
  return {
    width: right + reach + EDGE.path,
    ...{ height, boxes, headings },
    pathOf: (edge) => {
      const [from, to] = [at.get(edge.from)!, at.get(edge.to)!];
      const share = (spanOf(edge) - 1) / (longest - 1);
      const bend = right + (SHORTEST + share * (reach - SHORTEST)) / 0.75; // a curve goes three quarters of the way to its bend
      const [start, end] = [from.y + PORTS.out * from.height, to.y + PORTS.in * to.height];
      return `M${right},${start}C${bend},${start},${bend},${end},${right},${end}`;
    },
  };
}

function stack(nodes: readonly CircuitNode[], edges: readonly CircuitEdge[]) {
  const boxes: PlacedNode[] = [];
  const headings: CircuitLayout["headings"][number][] = [];
  let y = 0;
  for (const node of sizedNodes(nodes, edges).toSorted((a, b) => a.layer - b.layer)) {
    const { layer, height } = node;
    if (layer !== headings.at(-1)?.layer) {
      headings.push({ layer, x: EDGE.box, y: y + 14, anchor: "start" });
      y += HEADING;
    }
    boxes.push({ ...node, x: EDGE.box, y });
    y += height + GAP;
  }
  return { boxes, headings, height: y };
}
