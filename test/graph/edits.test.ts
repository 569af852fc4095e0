/** @file Edits of a Program: what they change, what they leave alone, bit for bit. */
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { InputError } from "../../src/base/errors.ts";
import { random } from "../../src/base/random.ts";
import { tensor, type Tensor, type TensorData } from "../../src/base/tensor.ts";
import { ablate } from "../../src/graph/edits/ablate.ts";
import { add } from "../../src/graph/edits/add.ts";
import { capture } from "../../src/graph/edits/capture.ts";
import { freeze } from "../../src/graph/edits/freeze.ts";
import { narrow } from "../../src/graph/edits/narrow.ts";
import { replace } from "../../src/graph/edits/replace.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { variants, type VariantEdit } from "../../src/graph/edits/variants.ts";
import { multiplyAdds } from "../../src/runtime/chunks.ts";
import type { Program } from "../../src/graph/program.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";

const engines = await backends();
const engine = engines[0]!;
const { program } = await openPlanted("induction");
const Z0 = "blocks.0.attn.hook_z";
const Z1 = "blocks.1.attn.hook_z";
const PATTERN1 = "blocks.1.attn.hook_pattern";

function rows(examples: number, length = 12, seed = 1): Tensor<Int32Array> {
  const draw = random(seed);
  return tensor(
    ["batch", "position"],
    [examples, length],
    Int32Array.from({ length: examples * length }, () => draw.integer(0, 255)),
  );
}

async function run(edited: Program, feeds: Record<string, Tensor<TensorData>>, on = engine) {
  const session = await prepare(edited, on);
  try {
    return await session.run(new Map(Object.entries(feeds)));
  } finally {
    await session.close();
  }
}

const flags = (axes: string[], shape: number[], on: readonly number[]) =>
  tensor(
    axes,
    shape,
    Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) =>
      Number(on.includes(index)),
    ),
  );

describe.each(engines.map((each) => [each.device, each] as const))("edits on %s", (_, on) => {
  test("with every switch off, replace, ablate and add change no bit", async () => {
    const tokens = rows(3);
    const plain = await run(program, { tokens }, on);
    const edited = add(
      ablate(replace(program, Z0, { by: ["batch", "head"] }), Z1),
      "blocks.0.hook_resid_post",
    );
    const same = await run(edited, { tokens }, on);
    expect(same.get("logits")!.data).toEqual(plain.get("logits")!.data);
  });

  test("variants in a batch equal the same edits run alone, bit for bit", async () => {
    const edits: VariantEdit[][] = [
      [],
      [{ value: Z0, with: "zero", only: { head: 3 } }],
      [
        { value: Z1, with: "zero", only: { head: 2 } },
        { value: Z0, with: "zero", only: { head: 0 } },
      ],
      [{ value: "blocks.0.hook_resid_post", with: "replacement" }],
    ];
    const tokens = rows(2);
    const all = variants(program, edits);
    const many = tensor(
      tokens.axes,
      [8, 12],
      Int32Array.from([0, 1, 2, 3].flatMap(() => [...tokens.data])),
    );
    const together = await run(
      all.program,
      { tokens: many, ...Object.fromEntries(all.switches(2)) },
      on,
    );
    const width = together.get("logits")!.data.length / 4;
    for (const [index, list] of edits.entries()) {
      const batch = variants(program, [list]);
      const alone = await run(
        batch.program,
        { tokens, ...Object.fromEntries(batch.switches(2)) },
        on,
      );
      expect(together.get("logits")!.data.slice(index * width, (index + 1) * width)).toEqual(
        alone.get("logits")!.data,
      );
    }
  });
});

describe("capture(program, names)", () => {
  test("returns more values and changes none", async () => {
    const tokens = rows(2);
    const trace = await run(
      capture(program, [Z0, "tokens", PATTERN1].slice(0, 1).concat(PATTERN1)),
      { tokens },
    );
    expect([...trace.keys()]).toEqual(["logits", Z0, PATTERN1]);
    expect(trace.get(PATTERN1)!.axes).toEqual(["batch", "head", "query", "key"]);
    expect(trace.get("logits")!.data).toEqual((await run(program, { tokens })).get("logits")!.data);
  });

  test("names near values for one that is not there", () => {
    expect(() => capture(program, ["blocks.9.attn.hook_z"])).toThrow(InputError);
    expect(() => capture(program, ["blocks.9.attn.hook_z"])).toThrow(
      /no value named blocks.9.attn.hook_z; near: .*blocks.0.attn.hook_z/,
    );
  });
});

describe("ablate(program, name)", () => {
  test("sets one head of one row to zero and leaves the other rows alone", async () => {
    const tokens = rows(2);
    const edited = capture(ablate(program, Z0), [Z0]);
    const trace = await run(edited, {
      tokens,
      [`${Z0}.ablate`]: flags(["batch", "head"], [2, 4], [3]),
    });
    const plain = await run(capture(program, [Z0]), { tokens });
    const [z, before] = [trace.get(Z0)!, plain.get(Z0)!];
    const perHead = z.shape[3]!;
    z.data.forEach((value, index) => {
      const head = Math.floor(index / perHead) % 4;
      const row = Math.floor(index / (z.data.length / 2));
      expect(value).toBe(row === 0 && head === 3 ? 0 : before.data[index]);
    });
  });
});

describe("replace(program, name)", () => {
  test("chooses and never blends: infinity and NaN on the side not taken stay there", async () => {
    const tokens = rows(2);
    const scores = "blocks.1.attn.hook_attn_scores";
    const edited = replace(program, scores, { by: ["batch"], axes: ["query", "key"] });
    const poison = tensor(["query", "key"], [12, 12], new Float32Array(144).fill(NaN));
    const off = await run(edited, { tokens, [`${scores}.replacement`]: poison });
    expect(off.get("logits")!.data).toEqual((await run(program, { tokens })).get("logits")!.data);
    const on = await run(edited, {
      tokens,
      [`${scores}.replacement`]: poison,
      [`${scores}.replace`]: flags(["batch"], [2], [1]),
    });
    const half = on.get("logits")!.data.length / 2;
    expect(on.get("logits")!.data.subarray(0, half).every(Number.isFinite)).toBe(true);
    expect(on.get("logits")!.data.subarray(half).every(Number.isNaN)).toBe(true);
  });

  test("refuses a value that nothing reads, where it would silently do nothing", () => {
    expect(() => replace(program, "blocks.0.attn.hook_result")).toThrow(
      /nothing reads blocks.0.attn.hook_result/,
    );
  });

  test("twice on one value gives each edit its own inputs, the later one wins", async () => {
    const edited = replace(replace(program, Z0), Z0);
    expect(edited.inputs.map(({ name }) => name).filter((name) => name.startsWith(Z0))).toEqual([
      `${Z0}.replace`,
      `${Z0}.replacement`,
      `${Z0}.replace.2`,
      `${Z0}.replacement.2`,
    ]);
    const session = await prepare(edited, engine);
    await session.close();
  });
});

describe("freeze and slice", () => {
  test("a run started from a saved residual stream equals the whole run, bit for bit, and does less", async () => {
    const tokens = rows(3);
    const from = "blocks.0.hook_resid_post";
    const whole = await run(capture(program, [from]), { tokens });
    const rest = slice(program, { outputs: ["logits"], from: [from] });
    expect(rest.inputs.map(({ name }) => name)).not.toContain("tokens");
    const started = await run(rest, { [from]: whole.get(from)! });
    expect(started.get("logits")!.data).toEqual(whole.get("logits")!.data);
    const sizes = { batch: 1, position: 12 };
    expect(multiplyAdds(rest, sizes)).toBeLessThan(multiplyAdds(program, sizes));
  });

  test("a slice to a pattern computes no value, no output and no logit", () => {
    const cut = slice(program, { outputs: ["blocks.0.attn.hook_pattern"] });
    expect(cut.ops.map(({ output }) => output)).not.toContain("blocks.0.attn.hook_v");
    expect(cut.weights.map(({ name }) => name)).not.toContain("unembed.W_U");
  });

  test("a frozen pattern is used in place of the computed one", async () => {
    const tokens = rows(1);
    const edited = capture(freeze(program, [PATTERN1]), [
      "blocks.1.attn.hook_z",
      "blocks.1.attn.hook_v",
    ]);
    const uniform = new Float32Array(4 * 144).fill(0);
    for (let head = 0; head < 4; head++)
      for (let query = 0; query < 12; query++) uniform[head * 144 + query * 12] = 1;
    const trace = await run(edited, {
      tokens,
      [PATTERN1]: tensor(["batch", "head", "query", "key"], [1, 4, 12, 12], uniform),
    });
    const [z, v] = [trace.get("blocks.1.attn.hook_z")!, trace.get("blocks.1.attn.hook_v")!];
    const perPosition = z.data.length / 12;
    for (let position = 0; position < 12; position++) {
      expect(z.data.slice(position * perPosition, (position + 1) * perPosition)).toEqual(
        v.data.slice(0, perPosition),
      );
    }
  });
});

describe("narrow(program, {outputs, axis, rows})", () => {
  const both = capture(program, [PATTERN1]);
  const narrowed = narrow(both, { outputs: ["logits"], axis: "batch", rows: "loss_rows" });

  test("computes some outputs for the listed rows only, in their order", async () => {
    const tokens = rows(4);
    const whole = await run(both, { tokens });
    const width = whole.get("logits")!.data.length / 4;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }), async (list) => {
        const part = await run(narrowed, {
          tokens,
          loss_rows: tensor(["batch"], [list.length], Int32Array.from(list)),
        });
        expect(part.get(PATTERN1)!.data).toEqual(whole.get(PATTERN1)!.data);
        expect(part.get("logits")!.shape[0]).toBe(list.length);
        list.forEach((row, index) => {
          const got = part.get("logits")!.data.slice(index * width, (index + 1) * width);
          const want = whole.get("logits")!.data.slice(row * width, (row + 1) * width);
          got.forEach((value, entry) => expect(Math.abs(value - want[entry]!)).toBeLessThan(1e-4));
        });
      }),
      { numRuns: 12, seed: 3 },
    );
  });

  test("refuses an output that another one needs whole", () => {
    const program2 = capture(program, ["blocks.1.hook_resid_post"]);
    expect(() =>
      narrow(program2, { outputs: ["blocks.1.hook_resid_post"], axis: "batch", rows: "r" }),
    ).toThrow(/needed whole/);
  });
});

describe("edits leave the program they are given as it was", () => {
  test("for every edit", () => {
    const before = JSON.stringify({ ...program, weights: program.weights.map(({ name }) => name) });
    ablate(program, Z0);
    replace(program, Z0);
    add(program, Z0);
    freeze(program, [Z0]);
    slice(program, { outputs: [Z0] });
    variants(program, [[{ value: Z0, with: "zero" }]]);
    expect(JSON.stringify({ ...program, weights: program.weights.map(({ name }) => name) })).toBe(
      before,
    );
  });
});
