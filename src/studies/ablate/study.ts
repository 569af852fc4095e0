import { defineStudy } from "../study.ts";
import { ablateResult } from "./result.ts";

export const study = defineStudy({
  name: "ablate",
  result: ablateResult,
  view: async (result) => (await import("./view.ts")).ablateView(result),
  run: async () => (await import("./ablate.ts")).ablate,
  resumes: true,
  optionsOnStacks: async (options) =>
    (await import("../stacks/fromDecoders.ts")).ablateStacksOptions(options),
});
