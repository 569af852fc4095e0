import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expandNames } from "../../../src/cli/sweep/expandNames.ts";
import { emptyFolder } from "../cli.ts";

describe("expandNames", () => {
  test("reads lists, ranges with steps, and what ... goes on with", () => {
    expect(expandNames("gpt2")).toEqual(["gpt2"]);
    expect(expandNames("m@step{0,1,2,4,...,16,1000..3000/1000}")).toEqual(
      [0, 1, 2, 4, 8, 16, 1000, 2000, 3000].map((step) => `m@step${step}`),
    );
    expect(expandNames("{a,b}-{1..2}")).toEqual(["a-1", "a-2", "b-1", "b-2"]);
    expect(expandNames("{0,5,10,...,25}")).toEqual(["0", "5", "10", "15", "20", "25"]);
    expect(expandNames("EleutherAI/p@step{0,1,2,4,...,512,1000..143000/1000}")).toHaveLength(154);
  });

  test("finds paths, without hidden ones, in order", () => {
    const folder = emptyFolder();
    for (const name of ["b/x", "a/x", ".c/x"]) mkdirSync(join(folder, name), { recursive: true });
    expect(expandNames(`${folder}/*/x`)).toEqual([join(folder, "a/x"), join(folder, "b/x")]);
    expect(() => expandNames(`${folder}/z*`)).toThrow("fits it");
  });

  test.each([
    ["a{1,2", "its braces do not match"],
    ["a}", "its braces do not match"],
    ["a{1,,2}", "is empty"],
    ["a{1,2,...,8}", "three numbers before it"],
    ["a{1,2,4,...,9}", "does not come to 9"],
    ["a{1,2,5,...,9}", "neither one step nor one factor"],
    ["a{5..1}", "has no entries"],
    ["a{0..9999999}", "more than 100000 names"],
    ["{0..999}{0..999}", "more than 100000 names"],
  ])("refuses %s", (text, message) => {
    expect(() => expandNames(text)).toThrow(message);
  });
});
