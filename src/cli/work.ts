/** @file The process that does what the supervisor was asked for: the same command line, with its commands carried out. */
import { buildProgram } from "./program.ts";
import { exited } from "./exited.ts";

await exited(
  buildProgram({
    score: async (model, options) => (await import("./score.ts")).scoreCommand(model, options),
    run: async (model, options) => (await import("./run.ts")).runCommand(model, options),
    patch: async (model, options) => (await import("./patch.ts")).patchCommand(model, options),
    ablate: async (model, options) => (await import("./ablate.ts")).ablateCommand(model, options),
    lens: async (model, options) => (await import("./lens.ts")).lensCommand(model, options),
    circuit: async (model, options) =>
      (await import("./circuit.ts")).circuitCommand(model, options),
    audit: async (model, options) => (await import("./audit.ts")).auditCommand(model, options),
    scorePatterns: async (file, options) =>
      (await import("./scorePatterns.ts")).scorePatternsCommand(file, options),
    tokens: async (model, text, options) =>
      (await import("./tokens.ts")).tokensCommand(model, text, options),
    cache: async (action, target) => (await import("./cache.ts")).cacheCommand(action, target),
  }).parseAsync(process.argv.slice(2), { from: "user" }),
);
