import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // ONNX Runtime aborts the process when a worker thread that runs it is terminated, so tests run in child processes.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // A poll ends when its value is right; its own second is too short on a machine with other work.
    expect: { poll: { timeout: 60_000 } },
  },
});
