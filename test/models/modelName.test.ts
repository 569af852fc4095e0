import { describe, expect, test } from "vitest";
import { isOfPackage, parseModelName, splitRevision } from "../../src/models/modelName.ts";

describe("parseModelName(text)", () => {
  test("takes models of the package apart, whatever stands behind their scheme", () => {
    expect(parseModelName("zoo:attn-2l@100")).toEqual({ kind: "zoo", name: "attn-2l@100" });
    expect(parseModelName("planted:")).toEqual({ kind: "planted", name: "" });
    expect(["zoo:a", "planted:b", "a:b", "zoo"].map(isOfPackage)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("finds short names of the hub, where their tokenizer is, and which GGUF is meant", () => {
    const plain = { kind: "hub", tokenizer: null, gguf: null };
    expect(parseModelName("org/name")).toEqual({ ...plain, id: "org/name" });
    expect(parseModelName("Pythia-70M")).toEqual({ ...plain, id: "EleutherAI/pythia-70m" });
    expect(parseModelName("tiny-stories-1M")).toEqual({
      ...{ kind: "hub", id: "roneneldan/TinyStories-1M", gguf: null },
      tokenizer: "EleutherAI/gpt-neo-125M",
    });
    expect(parseModelName("org/name:Q4_K_M")).toEqual({ ...plain, id: "org/name", gguf: "Q4_K_M" });
    expect(parseModelName("org/name:deep/file.gguf")).toMatchObject({ gguf: "deep/file.gguf" });
  });

  test.each(["./model", "/model", "~/model", "..\\model", "model.gguf", "a/b.safetensors"])(
    "takes %s for a path",
    (text) => {
      expect(parseModelName(text).kind).toBe("path");
    },
  );
});

describe("splitRevision(text)", () => {
  test("parts an id of the hub from its revision, and nothing else", () => {
    expect(splitRevision("org/name@refs/pr/1")).toEqual({
      name: "org/name",
      revision: "refs/pr/1",
    });
    for (const name of ["org/name", "zoo:attn-2l@100", "./run@2", "@org"])
      expect(splitRevision(name)).toEqual({ name, revision: undefined });
    expect(splitRevision("org/name@")).toEqual({ name: "org/name", revision: undefined });
  });
});
