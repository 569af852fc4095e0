import { defineStudy } from "../study.ts";
import { patchResult } from "./result.ts";

export const study = defineStudy({
  name: "patch",
  result: patchResult,
  view: async (result) => (await import("./view.ts")).patchView(result),
  run: async () => (await import("./patch.ts")).patch,
  resumes: true,
});
