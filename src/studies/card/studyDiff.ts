import { defineStudy } from "../study.ts";
import { cardDiffResult } from "./resultDiff.ts";

export const study = defineStudy({
  name: "card-diff",
  result: cardDiffResult,
  view: async (result) => (await import("./viewDiff.ts")).cardDiffView(result),
  run: async () => (await import("./cardDiff.ts")).cardDiff,
});
