import { defineStudy } from "../study.ts";
import { phaseResult } from "./result.ts";

export const study = defineStudy({
  name: "phase",
  result: phaseResult,
  view: async (result) => (await import("./view.ts")).phaseView(result),
  run: async () => (await import("./phaseRun.ts")).phaseRun,
});
