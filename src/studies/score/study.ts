import { defineStudy } from "../study.ts";
import { scoreResult } from "./result.ts";

export const study = defineStudy({
  name: "score",
  result: scoreResult,
  run: async () => (await import("./score.ts")).score,
});
