/**
 * @file One study in a process of its own, as JSON: peak memory, time, and what the numbers are.
 * usage: node bench/memoryWorker.js MODEL STUDY EXAMPLES MEGABYTES (0: whole)
 */
import { createHash } from "node:crypto";
import { ablate, lens, load, patch, score, verdict } from "../dist/index.js";

const [path, name, examples, megabytes] = process.argv.slice(2);
const STUDIES = { score, lens, patch, ablate, verdict };

const model = await load(path);
const began = performance.now();
const { timings, environment, ...result } = await STUDIES[name](model, {
  numExamples: Number(examples),
  ...(name === "verdict" && { quick: true }),
  ...(megabytes !== "0" && { memory: Number(megabytes) * 1e6 }),
});
const seconds = (performance.now() - began) / 1000;
const peakBytes = 1024 * process.resourceUsage().maxRSS;
const numbers = createHash("sha256").update(JSON.stringify(result)).digest("hex");
console.log(JSON.stringify({ peakBytes, seconds, numbers }));
process.exit();
