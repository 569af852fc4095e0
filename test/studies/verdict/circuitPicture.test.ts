/** @file The picture of a circuit: no path passes behind the box of another head, where it would seem to begin or end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drawnInNode } from "../../../src/draw/drawnInNode.ts";
import { THEMES } from "../../../src/draw/theme.ts";
import type { CardResult } from "../../../src/studies/card/result.ts";
import { circuitLanes } from "../../../src/studies/verdict/viewCircuitLanes.ts";
import { verdictView } from "../../../src/studies/verdict/view.ts";

const ATLAS = join(import.meta.dirname, "../../../docs/atlas");
type Point = readonly [x: number, y: number];

/** Points along a path of M, C, H and V with absolute numbers. */
function pointsOf(d: string): Point[] {
  const points: Point[] = [];
  let at: Point = [0, 0];
  for (const [, letter, text] of d.matchAll(/([MCHV])([^MCHV]*)/g)) {
    const n = text!.split(",").map(Number);
    if (letter === "M") points.push((at = [n[0]!, n[1]!]));
    if (letter === "H" || letter === "V") {
      const [x, y] = at;
      const end: Point = letter === "H" ? [n[0]!, y] : [x, n[0]!];
      for (let step = 0; step <= 20; step++)
        points.push([x + ((end[0] - x) * step) / 20, y + ((end[1] - y) * step) / 20]);
      at = end;
    }
    if (letter === "C") {
      const begin = at;
      const along = (t: number, axis: 0 | 1) =>
        (1 - t) ** 3 * begin[axis] +
        3 * (1 - t) ** 2 * t * n[axis]! +
        3 * (1 - t) * t ** 2 * n[2 + axis]! +
        t ** 3 * n[4 + axis]!;
      for (let step = 0; step <= 50; step++)
        points.push([along(step / 50, 0), along(step / 50, 1)]);
      at = [n[4]!, n[5]!];
    }
  }
  return points;
}

interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

async function drawnCircuit(name: string, room?: number) {
  const card = JSON.parse(readFileSync(join(ATLAS, `${name}.json`), "utf8")) as CardResult;
  const [picture] = verdictView(card.verdict).pictures!;
  const paint = await picture!.draw();
  const svg = await drawnInNode((document) => paint(document, { ...THEMES.light, room }));
  const number = (tag: string, key: string) =>
    Number(new RegExp(` ${key}="([^"]*)"`).exec(tag)![1]);
  const boxes = [...svg.matchAll(/data-head="([^"]*)"><rect ([^>]*)>/g)].map(
    ([, head, rest]): Box => ({
      name: head!,
      ...{ x: number(` ${rest}`, "x"), y: number(` ${rest}`, "y") },
      ...{ width: number(` ${rest}`, "width"), height: number(` ${rest}`, "height") },
    }),
  );
  const paths = [...svg.matchAll(/<path d="([^"]*)"[^>]*data-path="(\S+) (\S+)"/g)].map(
    ([, d, from, to]) => ({ from: from!, to: to!, points: pointsOf(d!) }),
  );
  return { boxes, paths, width: number(svg, "width") };
}

/** Paths that pass behind a head that is none of their ends, in words. */
function behindHeads({ boxes, paths }: Awaited<ReturnType<typeof drawnCircuit>>): string[] {
  return paths.flatMap(({ from, to, points }) =>
    boxes
      .filter(
        ({ name: head, x, y, width, height }) =>
          ![from, to].includes(head) &&
          points.some(([px, py]) => px > x && px < x + width && py > y - 3 && py < y + height + 3),
      )
      .map((box) => `${from} to ${to} behind ${box.name}`),
  );
}

describe("the circuit of", () => {
  test.each(["gemma-3-270m.v40960.q4-k-m.gguf", "smollm2-135m-instruct.q4-1.gguf", "attn-2l"])(
    "%s leads no path behind a head that it passes",
    async (name) => {
      const drawn = await drawnCircuit(name);
      const { boxes, paths } = drawn;
      expect(paths.length).toBeGreaterThan(2);
      expect(behindHeads(drawn)).toEqual([]);
      for (const { from, to, points } of paths) {
        const [first, last] = [from, to].map((head) => boxes.find((box) => box.name === head)!);
        expect(points[0]![0]).toBeCloseTo(first!.x + first!.width);
        expect(points.at(-1)![0]).toBeCloseTo(last!.x);
      }
    },
  );
});

test.each([
  ["smollm2-135m-instruct.q4-1.gguf", 1186],
  ["gemma-3-270m.v40960.q4-k-m.gguf", 900],
])(
  "of %s in %i px layers go down and heads across where it is wider than that, and no path passes behind a head",
  async (name, room) => {
    expect((await drawnCircuit(name)).width).toBeGreaterThan(room);
    const drawn = await drawnCircuit(name, room);
    expect(drawn.width).toBeLessThanOrEqual(room);
    expect(behindHeads(drawn)).toEqual([]);
    const { boxes, paths } = drawn;
    const layers = boxes.map(({ name: head }) => Number(head.split(".")[0]));
    for (const [index, { y, height }] of boxes.entries())
      for (const [other, box] of boxes.entries())
        if (layers[other]! > layers[index]!) expect(box.y).toBeGreaterThan(y + height);
    for (const { from, to, points } of paths) {
      const [first, last] = [from, to].map((head) => boxes.find((box) => box.name === head)!);
      expect(points[0]![1]).toBeCloseTo(first!.y + first!.height);
      expect(points.at(-1)![1]).toBeCloseTo(last!.y);
    }
  },
);

test.each([240, 360])(
  "in %s px the layers of a circuit go down, each head in a row of its own and each path beside all of them",
  async (room) => {
    const { boxes, paths, width } = await drawnCircuit("smollm2-135m-instruct.q4-1.gguf", room);
    expect(width).toBeLessThanOrEqual(room);
    for (const [index, { y }] of boxes.entries())
      if (index > 0)
        expect(y).toBeGreaterThanOrEqual(boxes[index - 1]!.y + boxes[index - 1]!.height);
    const edge = boxes[0]!.x + boxes[0]!.width;
    for (const { from, to, points } of paths) {
      expect(Math.min(...points.map(([x]) => x))).toBeGreaterThanOrEqual(edge);
      expect(Math.max(...points.map(([x]) => x))).toBeLessThan(room - 40);
      const [first, last] = [from, to].map((head) => boxes.find((box) => box.name === head)!);
      expect(points[0]![1]).toBeGreaterThan(first!.y);
      expect(points.at(-1)![1]).toBeLessThan(last!.y + last!.height);
    }
  },
);

test("circuitLanes: straight on where it is free, beside boxes and beside each other where it is not", () => {
  const box = (name: string, column: number, y: number) => ({
    name,
    x: 100 * column,
    y,
    height: 40,
  });
  const boxes = [
    box("a", 0, 0),
    box("b", 1, 0),
    box("c", 2, 0),
    box("d", 1, 200),
    box("e", 2, 200),
  ];
  const paths = [
    { from: "a", to: "c", effect: 0.5 },
    { from: "a", to: "c", effect: 0.9 },
    { from: "a", to: "b", effect: 1 },
    { from: "a", to: "e", effect: 0.1 },
  ];
  const lanes = circuitLanes(boxes, paths);
  expect(lanes.get(paths[2]!)).toEqual([]);
  expect(lanes.get(paths[3]!)).toEqual([{ x: 100, y: 120 }]);
  const [weak, strong] = [lanes.get(paths[0]!)![0]!.y, lanes.get(paths[1]!)![0]!.y];
  expect([-7, 47]).toContain(strong); // seven pixels above the box, or below it
  expect([-7, 47, -13, 53]).toContain(weak);
  expect(Math.abs(weak - strong)).toBeGreaterThanOrEqual(6);
});
