/** @file Weights of real models rounded to BF16 leave every label as it was: with COMPARE_ROUNDED=1, as it takes many minutes. */
import { expect, test } from "vitest";
import { openModel } from "../../../src/models/open.ts";
import { compare } from "../../../src/studies/compare/compare.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared } from "../../shared.ts";
import { asBfloat16, changedModel } from "../changedModel.ts";

const isAskedFor = process.env["COMPARE_ROUNDED"] !== undefined;
const FILES = [
  ["smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"],
  ["gemma3-270m", "gemma-3-270m.v40960.Q4_K_M.gguf"],
] as const;

test.skipIf(!isAskedFor).each(FILES)(
  `%s/%s: BF16 against F32 changes no label${isAskedFor ? "" : " (SKIPPED unless COMPARE_ROUNDED is set)"}`,
  async (folder, file) => {
    const model = await openModel(shared("data", folder, file)!);
    const rounded = await changedModel(model, "bf16", asBfloat16);
    const backend = await oneEngine();
    const options = { backend, verdicts: "quick" as const, numExamples: 10, seqLen: 32 };
    const { pairs } = await compare([model, rounded], options);
    await model.close();
    const { heads, changes, discoveries, tests } = pairs[0]!;
    const apart = heads!.map(({ induction }) => Math.abs(induction.value));
    console.log(
      `${file}: ${discoveries} of ${tests} found, induction apart by ${Math.max(...apart)} at most; flags`,
      JSON.stringify(changes!.flags),
    );
    expect(Math.max(...apart)).toBeGreaterThan(0); // it was rounded
    expect(changes!.labels).toEqual([]);
  },
  3_600_000,
);
