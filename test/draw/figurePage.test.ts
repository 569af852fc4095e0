import { expect, test } from "vitest";
import { drawnInNode } from "../../src/draw/drawnInNode.ts";
import { figurePage } from "../../src/draw/figurePage.ts";
import { UNIT_SCALE } from "../../src/draw/headScale.ts";
import { mapPicture } from "../../src/draw/pictures.ts";

const pageOf = (layers: number) =>
  figurePage(
    {
      title: "A map",
      words: ["Every head."],
      picture: mapPicture({
        title: "A map",
        subtitle: [],
        values: Array.from({ length: layers }, (_, layer) =>
          Array.from({ length: 9 }, (_, head) => (layer + head) / 40),
        ),
        scale: UNIT_SCALE,
        scaleLabel: "score",
        description: "a map",
      }),
      table: { caption: "Numbers", columns: ["a"], rows: [[1]] },
      link: null,
    },
    drawnInNode,
  );

test("a figure for an iframe is there in both themes, and in light alone where two would be more than 120 kB", async () => {
  const [small, large] = [await pageOf(4), await pageOf(30)];
  expect(small.match(/<svg xmlns/g)).toHaveLength(2);
  expect(large.match(/<svg xmlns/g)).toHaveLength(1);
  expect(large).toContain('dataset.theme = "light"');
  expect(large.length).toBeLessThan(120_000);
  const [, width] = /<svg [^>]*width="(\d+)"/.exec(small)!;
  const [, leastWidth] = /\.picture > svg \{ min-width: (\d+)px/.exec(small)!;
  expect(Number(leastWidth)).toBe(Math.round(0.6 * Number(width))); // a wide one scrolls where it could not be read
});
