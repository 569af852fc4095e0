import { defineStudy } from "../study.ts";
import { stackAblationResult } from "./resultAblate.ts";

export const study = defineStudy({
  name: "ablate-stacks",
  result: stackAblationResult,
  view: async (result) => (await import("./viewAblate.ts")).stackAblationView(result),
  run: async () => (await import("./ablateStacks.ts")).ablateStacks,
});
