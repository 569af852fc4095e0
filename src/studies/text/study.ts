import { defineStudy } from "../study.ts";
import { textResult } from "./result.ts";

export const study = defineStudy({
  name: "text",
  result: textResult,
  view: async (result) => (await import("./view.ts")).textView(result),
  run: async () => (await import("./text.ts")).text,
});
