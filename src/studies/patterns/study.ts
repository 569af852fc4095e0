import { defineStudy } from "../study.ts";
import { patternsResult } from "./result.ts";

export const study = defineStudy({
  name: "score-patterns",
  result: patternsResult,
  view: async (result) => (await import("./view.ts")).patternsView(result),
  run: async () => (await import("./scorePatterns.ts")).scorePatterns,
});
