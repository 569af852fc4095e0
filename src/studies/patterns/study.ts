import { defineStudy } from "../study.ts";
import { patternsResult } from "./result.ts";

export const study = defineStudy({
  name: "score-patterns",
  result: patternsResult,
  run: async () => (await import("./scorePatterns.ts")).scorePatterns,
});
