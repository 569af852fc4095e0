import { defineStudy } from "../study.ts";
import { scoreResult } from "./result.ts";

export const study = defineStudy({
  name: "score",
  result: scoreResult,
  view: async (result) => (await import("./view.ts")).scoreView(result),
  run: async () => (await import("./score.ts")).score,
  optionsOnStacks: async (options) =>
    (await import("../stacks/fromDecoders.ts")).scoreStacksOptions(options),
});
