import { defineStudy } from "../study.ts";
import { behavioursResult } from "./result.ts";

export const study = defineStudy({
  name: "behaviours",
  result: behavioursResult,
  view: async (result) => (await import("./view.ts")).behavioursView(result),
  run: async () => (await import("./behaviours.ts")).behaviours,
});
