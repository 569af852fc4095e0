import { defineStudy } from "../study.ts";
import { imageResult } from "./result.ts";

export const study = defineStudy({
  name: "image",
  result: imageResult,
  view: async (result) => (await import("./view.ts")).imageView(result),
  run: async () => (await import("./image.ts")).image,
});
