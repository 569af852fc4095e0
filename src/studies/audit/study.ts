import { defineStudy } from "../study.ts";
import { auditResult } from "./result.ts";

export const study = defineStudy({
  name: "audit",
  result: auditResult,
  view: async (result) => (await import("./view.ts")).auditView(result),
  run: async () => (await import("./audit.ts")).audit,
});
