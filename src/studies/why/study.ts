import { defineStudy } from "../study.ts";
import { whyResult } from "./result.ts";

export const study = defineStudy({
  name: "why",
  result: whyResult,
  view: async (result) => (await import("./view.ts")).whyView(result),
  run: async () => (await import("./why.ts")).why,
});
