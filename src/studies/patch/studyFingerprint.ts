import { defineStudy } from "../study.ts";
import { fingerprintResult } from "./result.ts";

export const study = defineStudy({
  name: "fingerprint",
  result: fingerprintResult,
  view: async (result) => (await import("./view.ts")).fingerprintView(result),
  run: async () => (await import("./fingerprint.ts")).fingerprint,
});
