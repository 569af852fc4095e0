import { defineStudy } from "../study.ts";
import { phaseSeedsResult } from "./resultSeeds.ts";

export const study = defineStudy({
  name: "phase-seeds",
  result: phaseSeedsResult,
  view: async (result) => (await import("./viewSeeds.ts")).phaseSeedsView(result),
  run: async () => (await import("./phaseSeeds.ts")).phaseSeeds,
});
