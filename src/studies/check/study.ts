import { defineStudy } from "../study.ts";
import { checkResult } from "./result.ts";

export const study = defineStudy({
  name: "check",
  result: checkResult,
  view: async (result) => (await import("./view.ts")).checkView(result),
  run: async () => (await import("./check.ts")).check,
});
