import { defineStudy } from "../study.ts";
import { circuitResult } from "./result.ts";

export const study = defineStudy({
  name: "circuit",
  result: circuitResult,
  view: async (result) => (await import("./view.ts")).circuitView(result),
  run: async () => (await import("./circuit.ts")).circuit,
});
