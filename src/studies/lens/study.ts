import { defineStudy } from "../study.ts";
import { lensResult } from "./result.ts";

export const study = defineStudy({
  name: "lens",
  result: lensResult,
  view: async (result) => (await import("./view.ts")).lensView(result),
  run: async () => (await import("./lens.ts")).lens,
});
