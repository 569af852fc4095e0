import { defineStudy } from "../study.ts";
import { compareResult } from "./result.ts";

export const study = defineStudy({
  name: "compare",
  result: compareResult,
  view: async (result) => (await import("./view.ts")).compareView(result),
  run: async () => (await import("./compare.ts")).compare,
});
