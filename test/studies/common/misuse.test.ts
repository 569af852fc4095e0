/** @file Arguments that are no model, no options or no list, as callers in JavaScript have them: refused by what is needed. */
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import {
  audit,
  canRun,
  cardDiff,
  check,
  load,
  modelCard,
  openEngine,
  openWorkbench,
  phase,
  phaseRun,
  phaseSeeds,
  rulesFrom,
  runModel,
  runWithCache,
} from "../../../src/index.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { lens } from "../../../src/studies/lens/lens.ts";
import { patch } from "../../../src/studies/patch/patch.ts";
import { reportPage, writeAnalysis } from "../../../src/report.ts";
import { score } from "../../../src/studies/score/score.ts";
import { why } from "../../../src/studies/why/why.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { toText } from "../../../src/studies/views.ts";
import { oneEngine } from "../../interventions/engine.ts";

const backend = await oneEngine();
const model = await openPlanted("induction");
const endless = { ...model, architecture: { ...model.architecture, contextLength: 2 ** 22 } };
const any = (value: unknown) => value as never;

const MISUSE: readonly (readonly [call: string, run: () => Promise<unknown>, message: RegExp])[] = [
  ["score({})", () => score(any({})), /^score needs a model, as `load` gives it, got \{\}$/],
  ["score()", () => score(any(undefined)), /score needs a model, .* got undefined/],
  ["verdict(5)", () => verdict(any(5)), /verdict needs a model, .* got 5/],
  ["lens(null)", () => lens(any(null)), /lens needs a model, .* got null/],
  ["score(model, null)", () => score(model, any(null)), /takes its options as an object, got null/],
  ["score(model, 5)", () => score(model, any(5)), /takes its options as an object, got 5/],
  ["load(5)", () => load(any(5)), /`load` needs the name of a model: .* got 5/],
  [
    "why(model) of two million tokens",
    () => why(endless, { backend, head: "1.2", tokens: Array.from({ length: 2 ** 21 }, () => 5) }),
    /^the \d+ parts of the stream before this head at 2097152 tokens of \d+ numbers do not fit into memory: take a query before position \d+/,
  ],
  ["load()", () => load(any(undefined)), /`load` needs the name of a model/],
  ["load('')", () => load(""), /`load` needs the name of a model: .* got ""/],
  ...[-1, 0, 1.5, "5"].map(
    (numExamples) =>
      [
        `numExamples ${numExamples}`,
        () => score(model, { backend, numExamples: any(numExamples) }),
        /^`numExamples` needs a whole number from 1 on, got /,
      ] as const,
  ),
  [
    "numExamples 1e9",
    () => score(model, { backend, numExamples: 1e9 }),
    /at most \d+ random tokens/,
  ],
  ["seed NaN", () => score(model, { backend, seed: NaN }), /`seed` needs a whole number, got NaN/],
  ["heads '1.0'", () => patch(model, { backend, heads: any("1.0") }), /heads come as a list/],
  ["sets ['1.0']", () => ablate(model, { backend, sets: any(["1.0"]) }), /heads come as a list/],
  ["heads [5]", () => patch(model, { backend, heads: any([5]) }), /heads are written layer.head/],
  ["device 'gpu'", () => score(model, any({ device: "gpu" })), /`device` needs one of auto, cpu/],
  ["threads -1", () => lens(model, { threads: -1 }), /^`threads` needs .* from 1 on, got -1$/],
  ["memory -5", () => lens(model, { memory: -5 }), /^`memory` needs a number of bytes above 0/],
  ["fast 'no'", () => score(model, any({ fast: "no" })), /^`fast` needs true or false, got "no"$/],
  ["bos 'yes'", () => score(model, any({ bos: "yes" })), /`bos` needs "auto", .* got "yes"$/],
  ["signal 5", () => patch(model, any({ signal: 5 })), /^`signal` needs an AbortSignal, got 5$/],
  ["backend {}", () => ablate(model, any({ backend: {} })), /needs an engine, as `openEngine`/],
  ["openEngine(null)", async () => openEngine(any(null)), /takes its options as an object/],
  ["openEngine(threads 0)", () => openEngine({ threads: 0 }), /`threads` needs .*, got 0/],
  ["load(name, null)", () => load("zoo:attn-2l", any(null)), /takes its options as an object/],
  [
    "load(name, {ofline})",
    () => load("zoo:attn-2l", any({ ofline: true })),
    /load has no option `ofline`, did you mean `offline`/,
  ],
  ["check(model)", () => check(model, any({})), /a check needs `rules`, .* got undefined/],
  ["rulesFrom(5)", () => rulesFrom(any(5), "rules.yaml"), /rules are read from a text, got 5/],
  ["phaseRun(model)", () => phaseRun(any({})), /phaseRun needs a list of checkpoints, .* got \{\}/],
  ["phase(5)", async () => phase(any(5), any({})), /phase needs a list of steps and the curves/],
  ["phaseSeeds({})", async () => phaseSeeds(any({})), /phaseSeeds needs a list of Results/],
  ["cardDiff({}, {})", async () => cardDiff(any({}), any({})), /cardDiff needs two Results of/],
  ["canRun(study, {})", async () => canRun("score", any({})), /canRun needs a model/],
  ["modelCard(5)", () => modelCard(any(5)), /modelCard needs a model/],
  ["audit({})", async () => audit(any({})), /audit needs a model/],
  ["runModel({})", () => runModel(any({}), any({})), /runModel needs a model/],
  ["runModel(model, {})", () => runModel(model, any({})), /runModel needs `names`, a list/],
  ["runWithCache(null)", () => runWithCache(any(null), [1]), /runWithCache needs a model/],
  ["openWorkbench({})", () => openWorkbench(any({}), any({})), /openWorkbench needs a model/],
  ["reportPage(title, {})", () => reportPage("t", any({}), any(null)), /needs a list of Results/],
  ["writeAnalysis({})", () => writeAnalysis(any({}), any(undefined)), /the path of a folder/],
  ["heads [null]", () => patch(model, { backend, heads: any([null]) }), /heads are .*, got null/],
];

describe("misuse of the library", () => {
  test.each(MISUSE)("%s is bad input, in the words of the caller", async (_, run, message) => {
    const error: unknown = await run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(message);
  });

  test("an aborted signal gives its reason as the cause", async () => {
    const reason = new Error("the user left");
    const signal = AbortSignal.abort(reason);
    const error: unknown = await score(model, { backend, signal }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: "AbortError", message: "the user left", cause: reason });
    await expect(load("zoo:attn-2l", { signal })).rejects.toMatchObject({ cause: reason });
  });

  test("more scores than memory holds are refused before they are made", async () => {
    const small = { ...backend, availableBytes: () => 60e6 };
    await expect(score(model, { backend: small, numExamples: 2e5, seqLen: 8 })).rejects.toThrow(
      /the scores of 200000 sequences and 8 heads take 64 MB, .* has 60 MB/,
    );
  });
});

test("a head that is named twice is patched and shown once", async () => {
  const result = await patch(model, {
    backend,
    numExamples: 4,
    seqLen: 12,
    heads: ["1.2", "1.2", "0.3"],
  });
  expect(result.heads).toEqual(["1.2", "0.3"]);
  expect(await toText(result)).toContain("1.2");
});
