import { describe, expect, test } from "vitest";
import type { OpenEngine } from "../../../src/base/backend.ts";
import { InputError } from "../../../src/base/errors.ts";
import { openFolder } from "../../../src/models/folder.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { analyse } from "../../../src/studies/analyse/analyse.ts";
import { attribution } from "../../../src/studies/attribution/attribution.ts";
import { circuit } from "../../../src/studies/circuit/circuit.ts";
import { canRun, type ModelStudy } from "../../../src/studies/common/canRun.ts";
import { lens } from "../../../src/studies/lens/lens.ts";
import { fingerprint } from "../../../src/studies/patch/fingerprint.ts";
import { patch } from "../../../src/studies/patch/patch.ts";
import { pathPatch } from "../../../src/studies/path/path.ts";
import { phaseRun } from "../../../src/studies/phase/phaseRun.ts";
import { score } from "../../../src/studies/score/score.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { text } from "../../../src/studies/text/text.ts";
import { why } from "../../../src/studies/why/why.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";

const LOGITS = "this model has no logits: its files have no unembedding";

const ALL: readonly ModelStudy[] = [
  ...(["score", "verdict", "patch", "fingerprint", "path", "attribution"] as const),
  ...(["attribution of paths", "ablate", "lens", "circuit", "attention", "why"] as const),
  ...(["analyse", "phase", "text"] as const),
];

/** A model whose files have no unembedding. */
async function headless(): Promise<LoadedModel> {
  const model = await openPlanted("induction");
  const ops = model.program.ops.filter(({ output }) => output !== "logits");
  const outputs = [ops.at(-1)!.output];
  return { ...model, program: { ...model.program, ops, outputs, absent: { logits: LOGITS } } };
}

/** How each study is called; those that are left out need nothing. */
const CALLS = {
  verdict: (model) => verdict(model),
  patch: (model) => patch(model),
  fingerprint: (model) => fingerprint(model, { heads: ["1.2"] }),
  path: (model) => pathPatch(model, { into: ["1.2"] }),
  attribution: (model) => attribution(model),
  "attribution of paths": (model) => attribution(model, { paths: true }),
  ablate: (model) => ablate(model),
  lens: (model) => lens(model),
  circuit: (model) => circuit(model),
  why: (model) => why(model, { head: "1.2" }),
  analyse: (model) => analyse(model),
  phase: (model) => phaseRun([{ step: 1, open: () => Promise.resolve(model) }]),
  text: (model) => text(model, { tokens: [[1, 2, 3, 1, 2]] }),
} satisfies Partial<Record<ModelStudy, (model: LoadedModel) => Promise<unknown>>>;

describe("canRun(study, model)", () => {
  test("is null for every study on a plain model", async () => {
    const model = await openPlanted("induction");
    for (const study of ALL) expect(canRun(study, model), study).toBeNull();
  });

  test("says of a model without logits which studies they keep from running", async () => {
    const model = await headless();
    const stopped = ALL.filter((study) => canRun(study, model) !== null);
    expect(stopped).toEqual(Object.keys(CALLS));
    for (const study of stopped) expect(canRun(study, model)).toBe(LOGITS);
  });

  test.each(Object.entries(CALLS))(
    "%s refuses such a model by that sentence, before it opens an engine",
    async (study, call) => {
      const model = await headless();
      let openCount = 0;
      const openEngine: OpenEngine = () => {
        openCount += 1;
        return oneEngine();
      };
      const error = await call({ ...model, openEngine }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect(error).toMatchObject({
        code: "study",
        message: `${study} cannot run: ${LOGITS}`,
      });
      if (study !== "phase") expect(openCount).toBe(0); // its checkpoints share an engine
    },
  );

  test("score gives its scores without losses, unless they were asked for", async () => {
    const model = await headless();
    const backend = await oneEngine();
    const { loss } = await score(model, { backend, numExamples: 2 });
    expect(loss).toBeNull();
    await expect(score(model, { backend, numExamples: 2, lossExamples: 1 })).rejects.toThrow(
      LOGITS,
    );
  });

  const { skip, note } = unlessShared("goldens", "deepseek_v3", "config.json");
  test.skipIf(skip)(
    `tells what other ways of building a model keep from running${note}`,
    async () => {
      const reasonsOf = async (name: string) => {
        const model = await openFolder(shared("goldens", name)!, name);
        const reasons = ALL.flatMap((study) => {
          const reason = canRun(study, model);
          return reason === null ? [] : [[study, reason] as const];
        });
        await model.close();
        return Object.fromEntries(reasons);
      };
      const lowRank =
        "the queries of layer 0 are not a product of the normalised residual stream and a weight";
      expect(await reasonsOf("deepseek_v3")).toEqual({
        "attribution of paths": lowRank,
        circuit: lowRank,
      });
      expect(Object.keys(await reasonsOf("olmo2"))).toEqual(["attribution of paths"]);
      for (const name of [
        ...["llama", "granite", "cohere", "gemma2", "gemma3", "qwen3", "neox", "phi3"],
        ...["bloom", "mpt", "gpt_oss", "mixtral"],
      ])
        expect(await reasonsOf(name), name).toEqual({});
    },
  );
});
