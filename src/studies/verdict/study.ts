import { defineStudy } from "../study.ts";
import { verdictResult } from "./result.ts";

export const study = defineStudy({
  name: "verdict",
  result: verdictResult,
  view: async (result) => (await import("./view.ts")).verdictView(result),
  run: async () => (await import("./verdict.ts")).verdict,
  resumes: true,
});
