import { defineStudy } from "../study.ts";
import { detectorResult } from "./result.ts";

export const study = defineStudy({
  name: "detector",
  result: detectorResult,
  run: async () => (await import("./inductionHeadDetector.ts")).inductionHeadDetector,
});
