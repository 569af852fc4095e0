import { defineStudy } from "../../../src/studies/study.ts";
import { selfAttentionResult } from "./result.ts";

export const study = defineStudy({
  name: "self-attention",
  result: selfAttentionResult,
  view: async (result) => (await import("./view.ts")).selfAttentionView(result),
  run: async () => (await import("./selfAttention.ts")).selfAttention,
  resumes: true,
});
