import { defineStudy } from "../study.ts";
import { certifyResult } from "./result.ts";

export const study = defineStudy({
  name: "certify",
  result: certifyResult,
  view: async (result) => (await import("./view.ts")).certifyView(result),
  run: async () => (await import("./certify.ts")).certify,
});
