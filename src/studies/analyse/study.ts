import { defineStudy } from "../study.ts";
import { analyseResult } from "./result.ts";

export const study = defineStudy({
  name: "analyse",
  result: analyseResult,
  view: async (result) => (await import("./view.ts")).analyseView(result),
  run: async () => (await import("./analyse.ts")).analyse,
});
