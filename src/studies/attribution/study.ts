import { defineStudy } from "../study.ts";
import { attributionResult } from "./result.ts";

export const study = defineStudy({
  name: "attribution",
  result: attributionResult,
  view: async (result) => (await import("./view.ts")).attributionView(result),
  run: async () => (await import("./attribution.ts")).attribution,
  resumes: true,
});
