import { defineStudy } from "../study.ts";
import { headCardResult } from "./result.ts";

export const study = defineStudy({
  name: "card",
  result: headCardResult,
  view: async (result) => (await import("./view.ts")).cardView(result),
  run: async () => (await import("./card.ts")).card,
  resumes: true,
});
