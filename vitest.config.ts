import { defineConfig } from "vitest/config";

/** Tests that change nothing outside of their file: one process runs them all, and reads the sources once. */
const LIGHT = [
  "base",
  "draw",
  "formats",
  "graph",
  "inputs",
  "interventions",
  "measure",
  "models",
  "studies",
  "text",
  "training",
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "light", include: LIGHT, isolate: false } },
      { extends: true, test: { name: "alone", include: ["test/**/*.test.ts"], exclude: LIGHT } },
    ],
    strictTags: true,
    tags: [
      {
        name: "slow",
        description: "takes ten seconds or more of two cores",
      },
    ],
    // ONNX Runtime aborts the process when a worker thread that runs it is terminated, so tests run in child processes.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // A poll ends when its value is right; its own second is too short on a machine with other work.
    expect: { poll: { timeout: 60_000 } },
  },
});
