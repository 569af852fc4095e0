/** @file A process of the pool: one job at a time, from opening its model to its Result in the folder. */
import { VERSION } from "../../base/version.ts";
import { InputError, UnableError } from "../../base/errors.ts";
import type { Backend } from "../../base/backend.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { modelCard } from "../../studies/info/modelCard.ts";
import { STUDIES } from "../../studies/registry.ts";
import { studyFor } from "../../studies/studyFor.ts";
import { endWithParent } from "../endWithParent.ts";
import { explain } from "../exit.ts";
import { inFrame, withModel, type Frame } from "../frame.ts";
import { sweepFolder, type SweepFolder } from "./folder.ts";
import { hashOf, type SweepJob } from "./plan.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";

/** A verdict has several sessions of parts of the model open, beside the whole. */
const TIMES = { score: 1, verdict: 2 } as const;

endWithParent(); // the pool
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined); // the pool's to tell

const say = (message: FromWorker) => process.send?.(message);
const waiting: ((message: ToWorker) => void)[] = [];
const arrived: ToWorker[] = [];
process.on("message", (message: ToWorker) => {
  const next = waiting.shift();
  if (next) next(message);
  else arrived.push(message);
});

function nextMessage(): Promise<ToWorker> {
  const message = arrived.shift();
  return message ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
}

const first = await nextMessage();
if (!("setup" in first)) throw new Error("internal: a worker is set up first");
const { folder, ...flags } = first.setup;
await inFrame({ ...flags, output: { quiet: true } }, (frame) => serve(frame, sweepFolder(folder)), {
  signal: new AbortController().signal,
});

async function serve(frame: Frame, folder: SweepFolder): Promise<never> {
  const backend = ofOneDevice(await frame.openEngine());
  say({ ready: true });
  for (;;) {
    const message = await nextMessage();
    if (!("job" in message)) continue;
    const { job } = message;
    try {
      const opening = { revision: job.revision };
      say({
        done: await withModel(
          frame,
          job.name,
          (model) => carriedOut(job, { model, folder, backend, flags: frame.flags.model }),
          opening,
        ),
      });
    } catch (error) {
      say({ failed: explain(error).replace(/^(error|unable): /, ""), kind: kindOf(error) });
    }
  }
}

/** Every job of a sweep is computed by the device that its key names: none is chosen for a job, and none takes its place. */
function ofOneDevice(backend: Backend): Backend {
  return {
    ...backend,
    others: undefined,
    instead: (why) => Promise.reject(new UnableError(why)),
  };
}

/** What could not be written may have room another time; the hub may answer. */
function kindOf(error: unknown): "input" | "unable" {
  const passes = ["output", "hub-busy", "hub-offline", "cache"];
  return error instanceof InputError && !passes.includes(error.code) ? "input" : "unable";
}

interface Workplace {
  readonly model: LoadedModel;
  readonly folder: SweepFolder;
  readonly backend: Backend;
  readonly flags: WorkerSetup["model"];
}

async function carriedOut(
  job: SweepJob,
  { model, folder, backend, flags }: Workplace,
): Promise<{ readonly key: string; readonly computed: boolean }> {
  const { device, threads, versions } = backend;
  const { base, map, unembedding, trustArchitecture } = flags;
  const read = { base, map, unembedding, trustArchitecture };
  const { study, options } = job;
  const facts = { version: VERSION, sha256: model.sha256, read, family: model.architecture.family };
  const key = hashOf({ ...facts, study, options, device, threads, versions });
  const { bytes, parameters } = await modelCard(model);
  const isKnown = folder.result(key) !== null;
  if (!isKnown) {
    await room(bytes.memory[device === "wasm" ? "wasm" : "cpu"].totalBytes, job);
    folder.keep(key, await resultOf(job, model, backend));
  }
  folder.setDone({ job, key, parameters: parameters.total, version: VERSION });
  return { key, computed: !isKnown };
}

/** Says what the job needs, and waits until there is room for it. */
async function room(bytes: number, { study }: SweepJob): Promise<void> {
  say({ needsBytes: bytes * TIMES[study] });
  for (;;) if ("go" in (await nextMessage())) return;
}

/** Everything but how long it took, so that the same job gives the same bytes. */
async function resultOf(job: SweepJob, model: LoadedModel, backend: Backend): Promise<unknown> {
  const { study: studyOfJob } = await STUDIES[job.study]();
  const { study, options } = await studyFor(studyOfJob, model, job.options);
  const run = (await study.run()) as (model: LoadedModel, options: object) => Promise<object>;
  return { ...(await run(model, { ...options, backend })), timings: {} };
}
