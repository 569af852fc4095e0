import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { GGML_TYPES, REMOVED_TYPES } from "../../src/formats/gguf/types.ts";
import { ARCHITECTURES } from "../../src/models/gguf/architectures.ts";

const page = readFileSync("docs/gguf.md", "utf8");
const cells = new Set(
  page
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((line) => line.split(/[|,;]| and /))
    .map((cell) => cell.trim()),
);

describe("docs/gguf.md", () => {
  test("has every architecture with the model type that it becomes", () => {
    for (const [name, { modelType }] of Object.entries(ARCHITECTURES)) {
      expect(cells, name).toContain(name);
      if (typeof modelType === "string") expect(cells, modelType).toContain(modelType);
    }
  });

  test("has every type of weights, those that are refused among them", () => {
    for (const name of Object.keys(GGML_TYPES)) expect(cells, name).toContain(name);
    for (const name of REMOVED_TYPES.values()) expect(cells, name).toContain(name);
  });
});
