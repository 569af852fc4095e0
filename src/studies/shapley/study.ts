import { defineStudy } from "../study.ts";
import { shapleyResult } from "./result.ts";

export const study = defineStudy({
  name: "shapley",
  result: shapleyResult,
  view: async (result) => (await import("./view.ts")).shapleyView(result),
  run: async () => (await import("./shapley.ts")).shapley,
  resumes: true,
});
