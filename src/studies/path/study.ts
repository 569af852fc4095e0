import { defineStudy } from "../study.ts";
import { pathResult } from "./result.ts";

export const study = defineStudy({
  name: "path",
  result: pathResult,
  view: async (result) => (await import("./view.ts")).pathView(result),
  run: async () => (await import("./path.ts")).pathPatch,
  resumes: true,
});
