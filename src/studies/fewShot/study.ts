import { defineStudy } from "../study.ts";
import { fewShotResult } from "./result.ts";

export const study = defineStudy({
  name: "few-shot",
  result: fewShotResult,
  view: async (result) => (await import("./view.ts")).fewShotView(result),
  run: async () => (await import("./fewShot.ts")).fewShot,
});
