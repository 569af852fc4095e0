/** @file The colour scale of a picture with its label, and a key of the shapes that are drawn on top. */
import * as Plot from "@observablehq/plot";
import type { Part } from "./figure.ts";
import { svgNode } from "./svgNode.ts";
import type { Theme } from "./theme.ts";
import { visible } from "./visible.ts";
import { widthOf } from "./wrap.ts";

export interface KeyEntry {
  readonly shape: "box" | "tick";
  readonly label: string;
}

export interface Legend {
  /** Colour at a fraction of the scale, 0 to 1. */
  readonly colour: (fraction: number) => string;
  readonly low: number;
  readonly high: number;
  readonly label: string;
  /** A value to be marked by a tick across the ramp. */
  readonly reference?: number;
  readonly key: readonly KeyEntry[];
}

const INSET = 50; // the left margin of the map below
const RAMP = { width: 260, height: 12, steps: 130 };
const FONT = 12;
const SHAPE_WIDTH = { box: 15, tick: 2 } as const;

export function drawLegend(document: Document, theme: Theme, legend: Legend): Part {
  const ramp = Plot.plot({ ...rampPlot(theme, legend), document }) as SVGSVGElement;
  for (const style of [...ramp.querySelectorAll("style")]) style.remove();
  for (const name of ["class", "font-family"]) ramp.removeAttribute(name);
  ramp.setAttribute("y", "20");
  const label = svgNode(document, "text", { x: INSET, y: 13, "font-size": FONT }, [
    visible(legend.label),
  ]);
  let x = INSET + RAMP.width + 28;
  const entries = legend.key.flatMap((entry) => {
    const nodes = entryNodes(document, theme, entry, x);
    x += SHAPE_WIDTH[entry.shape] + 7 + widthOf(entry.label) * FONT + 18;
    return nodes;
  });
  const width = Math.max(x, INSET + widthOf(legend.label) * FONT);
  const height = 54;
  const node = svgNode(document, "svg", { width, height }, [label, ramp, ...entries]);
  return { node, width, height };
}

function rampPlot(theme: Theme, { low, high, colour, reference }: Legend): Plot.PlotOptions {
  const step = (high - low) / RAMP.steps;
  const slices = Array.from({ length: RAMP.steps }, (_, index) => ({
    from: low + index * step,
    to: Math.min(high, low + (index + 1.5) * step), // overlaps the next, so that no seam shows
    fill: colour((index + 0.5) / RAMP.steps),
  }));
  const rule = (stroke: string, strokeWidth: number) =>
    Plot.ruleX([reference!], { stroke, strokeWidth, insetTop: -3, insetBottom: -3 });
  return {
    width: INSET + RAMP.width + 14,
    height: RAMP.height + 22,
    marginLeft: INSET,
    marginRight: 14,
    marginTop: 3,
    marginBottom: 19,
    x: { type: "linear", domain: [low, high] },
    marks: [
      Plot.rectX(slices, { x1: "from", x2: "to", fill: { value: "fill", scale: null } }),
      Plot.frame({ stroke: theme.line, strokeWidth: 0.8 }),
      Plot.axisX({ ticks: 5, tickSize: 4, tickPadding: 3, fontSize: 11, label: null }),
      ...(reference === undefined ? [] : [rule(theme.panel, 4), rule(theme.text, 1.8)]),
    ],
  };
}

function entryNodes(document: Document, theme: Theme, entry: KeyEntry, x: number): SVGElement[] {
  const middle = 29;
  const shape =
    entry.shape === "box"
      ? svgNode(document, "rect", {
          x,
          y: middle - 6,
          width: SHAPE_WIDTH.box,
          height: 12,
          rx: 2,
          fill: "none",
          stroke: theme.text,
          "stroke-width": 2.2,
        })
      : svgNode(document, "path", {
          d: `M${x + 1} ${middle - 8}V${middle + 8}`,
          stroke: theme.text,
          "stroke-width": 1.8,
        });
  const text = { x: x + SHAPE_WIDTH[entry.shape] + 7, y: middle + 4, "font-size": FONT };
  return [shape, svgNode(document, "text", text, [visible(entry.label)])];
}
