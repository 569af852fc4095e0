import { expect, test, vi } from "vitest";
import { png } from "../../src/draw/png.ts";

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40" font-family="Inter"><rect width="90" height="40" fill="#fff"/><text x="4" y="24">L18H6 é 漢</text></svg>`;

test("png draws the same bytes where the native package is not installed, each time", async () => {
  const bytes = await png(SVG);
  expect([...bytes.subarray(1, 4)]).toEqual([..."PNG"].map((letter) => letter.charCodeAt(0)));
  vi.doMock("@resvg/resvg-js", () => {
    throw new Error("Cannot find module '@resvg/resvg-js-linux-x64-gnu'");
  });
  vi.resetModules();
  const { png: withoutNative } = await import("../../src/draw/png.ts");
  for (let time = 0; time < 2; time++)
    expect(Buffer.compare(await withoutNative(SVG), bytes)).toBe(0);
});
