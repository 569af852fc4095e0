/** @file Every family against what PyTorch computed: logits and all hooks of tiny random checkpoints, on every engine. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { openFolder } from "../../src/models/folder.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";
import { readAll, shared, unlessShared } from "../shared.ts";
import { decoderFolders } from "./golden.ts";

const engines = await backends();
/** Relative to the largest finite entry of a value; patterns absolutely. float32 sums in another order differ by this. */
const TOLERANCE = 1e-4;
const PATTERN_TOLERANCE = 1e-5;

/** Of ../shared, where it is, and what tools/make_family_golden.py made. */
const GOLDENS = [
  ...decoderFolders(shared("goldens")),
  ...decoderFolders(join(import.meta.dirname, "../fixtures/families")),
];

/** More checkpoints made by the same scripts, in a folder of one's own choice. */
const extra = decoderFolders(process.env["INDUCTION_LENS_MORE_GOLDENS"] ?? null);

const { note } = unlessShared("goldens");
describe(`families equal the reference implementation${note}`, () => {
  for (const path of [...GOLDENS, ...extra]) {
    for (const engine of engines) {
      test(`${path.split("/").slice(-2).join("/")} on ${engine.device}`, async () => {
        const model = await openFolder(path, "golden");
        const expected = await readAll(join(path, "expected.safetensors"));
        const { tokens } = JSON.parse(readFileSync(join(path, "tokens.json"), "utf8")) as {
          tokens: number[][];
        };
        const names = new Map(
          [...expected.keys()].map((name) => [name, ours(name, model.architecture.layers)]),
        );
        const session = await prepare(
          slice(model.program, { outputs: [...names.values()] }),
          engine,
        );
        const rows = tensor(
          ["batch", "position"],
          [tokens.length, tokens[0]!.length],
          Int32Array.from(tokens.flat()),
        );
        const trace = await session.run(new Map([["tokens", rows]]));
        await session.close();
        await model.close();
        for (const [name, want] of expected) expectClose(name, trace.get(names.get(name)!)!, want);
      });
    }
  }
});

function ours(name: string, layers: number): string {
  return name === "ln_final.in" ? `blocks.${layers - 1}.hook_resid_post` : name;
}

interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

function expectClose(name: string, got: Values, want: Values): void {
  expect([name, ...got.shape]).toEqual([name, ...want.shape]);
  const finite = want.data.filter((value) => Number.isFinite(value)).map(Math.abs);
  const largest = finite.reduce((most, value) => Math.max(most, value), 0);
  const allowed = name.endsWith("hook_pattern") ? PATTERN_TOLERANCE : TOLERANCE * largest;
  want.data.forEach((value, index) => {
    const close = Number.isFinite(value)
      ? Math.abs(got.data[index]! - value) <= allowed
      : Object.is(got.data[index], value);
    if (!close) expect.fail(`${name}[${index}] is ${got.data[index]}, the reference has ${value}`);
  });
}
