import { defineStudy } from "../study.ts";
import { detectorResult } from "./result.ts";

export const study = defineStudy({
  name: "detector",
  result: detectorResult,
  view: async (result) => (await import("./view.ts")).detectorView(result),
  run: async () => (await import("./inductionHeadDetector.ts")).inductionHeadDetector,
});
