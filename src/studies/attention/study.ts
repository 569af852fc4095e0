import { defineStudy } from "../study.ts";
import { attentionResult } from "./result.ts";

export const study = defineStudy({
  name: "attention",
  result: attentionResult,
  view: async (result) => (await import("./view.ts")).attentionView(result),
  run: async () => (await import("./attention.ts")).attention,
});
