import { defineStudy } from "../study.ts";
import { stacksResult } from "./result.ts";

export const study = defineStudy({
  name: "score-stacks",
  result: stacksResult,
  view: async (result) => (await import("./view.ts")).stacksView(result),
  run: async () => (await import("./scoreStacks.ts")).scoreStacks,
});
