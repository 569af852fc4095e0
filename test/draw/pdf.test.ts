import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { pdf } from "../../src/draw/pdf.ts";

const picture = (inner: string, more = "") =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80" viewBox="0 0 120 80" fill="#1b1c22"${more}><title>Heads &amp; scores</title><desc>Head 1.0 &lt; 1.2</desc>${inner}</svg>`;

/** The file as text, every packed stream of it unpacked in its place. */
function unpacked(bytes: Uint8Array): string {
  const raw = Buffer.from(bytes).toString("latin1");
  return raw.replace(/stream\n([^]*?)\nendstream/g, (stream, packed: string) => {
    try {
      return `stream\n${inflateSync(Buffer.from(packed, "latin1")).toString("latin1")}\nendstream`;
    } catch {
      return stream; // of a font, which is not needed as text
    }
  });
}

/** What a reader selects: each shown line through the font's map to Unicode. */
function textsOf(bytes: Uint8Array): string[] {
  const file = unpacked(bytes);
  const codes = [...file.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/g)].flatMap(
    ([, first, list]) =>
      [...list!.matchAll(/<([0-9a-f ]*)>/g)].map(([, units], index): [number, string] => [
        parseInt(first!, 16) + index,
        Buffer.from(units!.replaceAll(" ", ""), "hex").swap16().toString("utf16le"),
      ]),
  );
  const characters = new Map(codes);
  return [...file.matchAll(/\[([^\]]*)\] TJ/g)].map(([, codesOfText]) =>
    [...codesOfText!.matchAll(/<([0-9a-f]+)>/g)]
      .flatMap(([, hex]) => hex!.match(/.{4}/g)!)
      .map((code) => characters.get(parseInt(code, 16)))
      .join(""),
  );
}

describe("pdf(svg)", () => {
  test("is one page of the SVG's size at 96 pixels per inch, with its title and description", async () => {
    const file = unpacked(await pdf(picture("")));
    expect(file).toMatch(/^%PDF-1\.\d\n/);
    expect(file).toContain("/MediaBox [0 0 90 60]");
    expect(file.match(/\/Type \/Page\n/g)).toHaveLength(1);
    expect(file).toContain("(Heads & scores)");
    expect(file).toContain("(Head 1.0 < 1.2)");
  });

  test("has its text as text, in the embedded typeface, at the anchor", async () => {
    const inner = `<text x="60" y="20" font-size="10">Łukasz 1.0 − ½</text><text x="60" y="40" font-size="10" text-anchor="end">a&#10;  b</text>`;
    const bytes = await pdf(picture(inner));
    expect(textsOf(bytes)).toEqual(["Łukasz 1.0 − ½", "a b"]);
    const file = unpacked(bytes);
    expect(file).toContain("+Inter-Regular");
    expect(file).toContain("/FontFile2");
    const [first, second] = [...file.matchAll(/1 0 0 1 (\S+) (\S+) Tm/g)].map(([, x]) => +x!);
    expect(first).toBe(60);
    expect(second).toBeLessThan(60 - 10);
  });

  test("paints shapes as SVG does: inherited colours, currentColor, dashes, opacity, nothing for none", async () => {
    const inner = `<g color="#ff0000" stroke="currentColor" transform="translate(3,4) rotate(90)"><path d="M0 0H5" fill="none" stroke-dasharray="4 2" stroke-opacity="0.5"/></g><rect x="1" y="2" width="3" height="4"/><rect width="9" height="8" fill="none"/>`;
    const file = unpacked(await pdf(picture(inner)));
    expect(file).toContain("1 0 0 SCN");
    expect(file).toContain("[4 2] 0 d");
    expect(file).toContain("/CA 0.5");
    expect(file).toContain("1 0 0 1 3 4 cm\n0 1 -1 0 0 0 cm");
    expect(file).toContain("1 2 3 4 re\nf\n"); // nothing may come between a path and its painting
    expect(file).not.toContain("0 0 9 8 re");
  });

  test("gives the same bytes for the same picture", async () => {
    const [first, other] = [await pdf(picture("<rect/>")), await pdf(picture("<rect/>"))];
    expect(Buffer.compare(first, other)).toBe(0);
  });

  test.each([
    ["<foreignObject/>", "an element <foreignObject>"],
    ['<rect clip-path="url(#a)"/>', "an attribute clip-path of <rect>"],
    ['<rect fill="red"/>', "the colour red"],
    ['<g transform="skewX(3)"/>', "a transform skewX(3)"],
    ['<svg width="5" height="5" viewBox="0 0 9 9"/>', "a viewBox 0 0 9 9"],
  ])("fails on %s rather than leave it out", async (inner, words) => {
    await expect(pdf(picture(inner))).rejects.toThrow(`internal: a picture has ${words}`);
  });
});
