import { defineStudy } from "../study.ts";
import { auditResult } from "./result.ts";

export const study = defineStudy({
  name: "audit",
  result: auditResult,
  run: async () => (await import("./audit.ts")).audit,
});
