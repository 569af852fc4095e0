/** @file The colour scale of a picture with its label, and the key beside it. */
import * as Plot from "@observablehq/plot";
import type { Part } from "./figure.ts";
import type { HeadScale } from "./headScale.ts";
import { drawKey, type KeyEntry } from "./key.ts";
import { hexOf, ramp } from "./ramp.ts";
import { svgNode } from "./svgNode.ts";
import type { Theme } from "./theme.ts";
import { visible } from "./visible.ts";
import { widthOf } from "./wrap.ts";

export interface Legend {
  readonly scale: HeadScale;
  /** What the colours mean, with the unit. */
  readonly label: string;
  /** A value to be marked by a tick across the ramp. */
  readonly reference?: number | undefined;
  /** What stands beside the ramp; left out: nothing. */
  readonly key?: readonly KeyEntry[] | undefined;
}

const INSET = 50; // the left margin of the map below
const RAMP = { width: 260, height: 12, steps: 130 };
const FONT = 12;
const HEIGHT = 54;

export function drawLegend(document: Document, theme: Theme, legend: Legend): Part {
  const plot = Plot.plot({ ...rampPlot(theme, legend), document }) as SVGSVGElement;
  const label = svgNode(document, "text", { x: INSET, y: 13, "font-size": FONT }, [
    visible(legend.label),
  ]);
  const left = INSET + RAMP.width + 28;
  const key = drawKey(document, theme, legend.key ?? [], { left, most: Infinity });
  for (const node of [plot, key.node]) node.setAttribute("y", "20");
  const width = Math.max(key.width, left, INSET + widthOf(legend.label) * FONT);
  const node = svgNode(document, "svg", { width, height: HEIGHT }, [label, plot, key.node]);
  return { node, width, height: HEIGHT };
}

function rampPlot(theme: Theme, { scale, reference }: Legend): Plot.PlotOptions {
  const colourOf = ramp(theme[scale.kind]);
  const [low, high] = [scale.kind === "diverging" ? -scale.bound : 0, scale.bound];
  const step = (high - low) / RAMP.steps;
  const slices = Array.from({ length: RAMP.steps }, (_, index) => ({
    from: low + index * step,
    to: Math.min(high, low + (index + 1.5) * step), // overlaps the next, so that no seam shows
    fill: hexOf(colourOf((index + 0.5) / RAMP.steps)),
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
