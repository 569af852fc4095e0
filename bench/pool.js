/** @file Runs jobs in a few processes, so that benchmarks of many small models use every core. */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * Sends each job to a worker that is free and gives the answers in the order of the jobs.
 *
 * @param {string} file the worker: it sends { ready: true } once, then one answer for each message
 * @param {readonly any[]} jobs one message each
 * @param {{ workers?: number, onProgress?: (done: number, total: number) => void }} options `onProgress` hears with each answer how many there are, of how many
 */
export async function inWorkers(file, jobs, { workers = availableParallelism(), onProgress } = {}) {
  const answers = new Array(jobs.length);
  let next = 0;
  let done = 0;
  const startWorker = () =>
    new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => {
      const child = fork(file);
      let at = -1;
      const give = () => {
        at = next++;
        if (at < jobs.length) child.send(jobs[at]);
        else child.disconnect();
      };
      child.on("message", (/** @type {any} */ answer) => {
        if (!answer.ready) {
          answers[at] = answer;
          onProgress?.(++done, jobs.length);
        }
        give();
      });
      child.on("error", reject);
      child.on("exit", (code) =>
        code === 0 ? resolve() : reject(new Error(`a worker of ${file} ended with ${code}`)),
      );
    });
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, startWorker));
  return answers;
}

/** Progress on standard error, at most one line in ten seconds. */
export function progressLine(what) {
  const started = performance.now();
  let last = started;
  return (done, total) => {
    const now = performance.now();
    if (now - last < 10_000 && done < total) return;
    last = now;
    process.stderr.write(
      `${what}: ${done} of ${total}, ${((now - started) / 1000).toFixed(0)} s\n`,
    );
  };
}
