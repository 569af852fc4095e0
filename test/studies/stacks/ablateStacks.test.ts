import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { ablateStacks } from "../../../src/studies/stacks/ablateStacks.ts";
import { scoreStacks } from "../../../src/studies/stacks/scoreStacks.ts";
import { asCommand } from "./asCommand.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, unlessShared } from "../../shared.ts";

const backend = await oneEngine();
const options = { backend, numExamples: 10, seqLen: 24 };

describe("what heads do for the copy of a T5 that copies by content", async () => {
  const model = await openPlanted("t5");
  const { parts, loss, top, verdictInWords } = await ablateStacks(model, {
    ...options,
    kind: "zero",
  });
  const of = (name: string) => parts.find(({ part }) => part.startsWith(name))!;

  test("without its cross head nothing is known: the loss is ln(vocabulary)", () => {
    const [harm] = of("cross").harm;
    expect(loss.copied.mean + harm![0]!).toBeCloseTo(Math.log(98), 4);
    expect(harm![1]).toBeCloseTo(0, 5);
    expect(top[0]).toMatchObject({ part: 2, layer: 0, head: 0 });
    expect(verdictInWords).toContain("The copy needs cross-attention 0.0 the most");
  });

  test("its cross head alone restores the whole copy beside an encoder that reads others", () => {
    expect(of("cross").restored[0]![0]).toBeCloseTo(loss.gain.mean, 4);
    expect(of("cross").restored[0]![1]).toBeCloseTo(0, 5);
  });

  test("heads that write nothing harm nothing, and the head that shifts by one is needed", () => {
    expect(of("encoder").harm[0]![0]).toBeGreaterThan(2);
    for (const idle of [...of("encoder").harm[1]!, ...of("decoder").harm[0]!])
      expect(idle).toBeCloseTo(0, 5);
  });

  test("the losses are those of the scores", async () => {
    const scored = await scoreStacks(model, options);
    expect(scored.loss!.copied.mean).toBeCloseTo(loss.copied.mean, 5);
    expect(scored.loss!.gain.mean).toBeCloseTo(loss.gain.mean, 5);
  });

  test("the mean of a head over the rows is between what it gives and nothing", async () => {
    const { parts: means } = await ablateStacks(model, options);
    const harm = means[2]!.harm[0]![0]!;
    expect(harm).toBeGreaterThan(1);
    expect(harm).toBeLessThan(of("cross").harm[0]![0]!);
  });

  test("options that are for decoders are refused", async () => {
    await expect(asCommand("ablate", model, { backend, sets: [["0.0"]] })).rejects.toThrow(
      "`sets` needs a decoder, and this model sees both directions or has several stacks",
    );
    await expect(asCommand("ablate", model, { backend, kind: "resample" })).rejects.toThrow(
      "`kind` is mean or zero on encoder-decoders, got resample",
    );
    const decoder = await openPlanted("induction");
    await expect(ablateStacks(decoder, options)).rejects.toThrow(
      "ablate-stacks cannot run: this model has no decoder that writes what an encoder of tokens reads",
    );
  });
});

const { note, skip } = unlessShared("goldens");
describe.skipIf(skip)(`a random BART${note}`, () => {
  test("copies nothing, and says that no head has much to do with it", async () => {
    const model = await openFolder(shared("goldens", "bart")!, "bart");
    const { verdictInWords, parts } = await ablateStacks(model, options);
    expect(verdictInWords).toContain("The model does not copy what its encoder reads");
    expect(parts.map(({ part }) => part)).toEqual([
      "encoder attention",
      "decoder attention to what is before",
      "cross-attention",
    ]);
    await model.close();
  });
});
