/** @file Which engine runs a program fastest: found out by running a part of it on each, and remembered. */
import type { Backend, Device, OtherEngines } from "../base/backend.ts";
import { UnableError } from "../base/errors.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Program } from "../graph/program.ts";
import { multiplyAdds, OPERATIONS_PER_RUN, rowsPerRun } from "./chunks.ts";
import { askedBytes, withBudget } from "./memoryBudget.ts";
import { prepare, type Session } from "./prepare.ts";
import { randomFeeds } from "./randomFeeds.ts";
import { ALLOWED_DIFFERENCE, selfCheck } from "./selfCheck.ts";

/** Rows whose work on the processor has to take longer than the second that choosing may take. */
const USUAL_ROWS = 100;

/** What another device has to save to be chosen: its numbers are not the processor's to the last digit, and it has to be filled. */
const CLEARLY_FASTER = 1.2;

/** A device that takes so many times as long for one row is not tried on more: software adapters take minutes. */
const HOPELESS = 20;

const PROBE_MS = 200;
const SEED = 1;

/**
 * The engine that runs `program` fastest, rows of `length` tokens, with the reason as its `choice`: `backend`, or one of its
 * `others` that is clearly faster on a layer of the program and computes what `backend` computes. What is so small that
 * `backend` runs a hundred rows in about a second stays there untried.
 */
export async function fastestFor(
  program: Program,
  backend: Backend,
  length: number,
): Promise<Backend> {
  const { others, ...processor } = backend;
  if (!others) return backend;
  const { device } = backend;
  const untried = (why: string): Backend => ({ ...processor, choice: `auto: ${device}, ${why}` });
  const row = Math.min(length, program.limits["position"] ?? length);
  const work = multiplyAdds(program, { batch: 1, position: row });
  if (work * USUAL_ROWS < 4 * OPERATIONS_PER_RUN[device])
    return untried("since a model as small as this gains nothing elsewhere");
  const tries = await triesOf(layerOf(program), { ...backend, budget: undefined }, others, row);
  if (!tries.some(({ seconds }) => seconds !== null))
    return untried(`since ${tries.map(({ why }) => why).join("; ") || "there is no other device"}`);
  return best(program, processor, others, tries);
}

/** How a device did. */
interface Try {
  readonly device: Device;
  /** For a row of the probe; null where it could not run it. */
  readonly seconds: number | null;
  /** How fast it was or why it was not, as part of a sentence. */
  readonly why: string;
  readonly open: () => Promise<Backend>;
}

async function triesOf(
  probe: Program,
  backend: Backend,
  { open, speeds, cards }: OtherEngines,
  length: number,
): Promise<Try[]> {
  const keyOf = (device: Device) => speedKey(probe, backend, device, length, cards);
  const once = async (device: Device, measure: () => Promise<number>) => {
    const earlier = await speeds?.get(keyOf(device));
    const wordsOf = (tries: string) => `${device} did not come back from ${tries}`;
    const [first, second] = [wordsOf("an earlier try"), wordsOf("two tries")];
    if (earlier !== undefined && earlier !== first) return earlier;
    // A driver that ends the process is not tried for ever; once it may have been the user who did.
    await speeds?.set(keyOf(device), earlier === first ? second : first);
    const value = await measure().catch(reasonOf);
    await speeds?.set(keyOf(device), value);
    return value;
  };
  const own = await once(backend.device, () => secondsPerRow(probe, backend, length, Infinity));
  const tries: Try[] = [];
  for (const [name, opens] of Object.entries(open)) {
    const device = name as Device;
    const most = typeof own === "number" ? HOPELESS * own : Infinity;
    const found = await once(device, async () => secondsPerRow(probe, await opens(), length, most));
    const speed = typeof found === "number" ? `${device} took ${milliseconds(found)}` : found;
    tries.push({
      device,
      seconds: typeof found === "number" ? found : null,
      why: speed,
      open: opens,
    });
  }
  if (typeof own !== "number") return tries;
  const why = `${backend.device} took ${milliseconds(own)} for a layer and a row of ${length} tokens`;
  return [
    { device: backend.device, seconds: own, why, open: () => Promise.resolve(backend) },
    ...tries,
  ];
}

/** @throws internal errors and values that are not errors */
function reasonOf(error: unknown): string {
  if (error instanceof UnableError) return error.message;
  if (error instanceof Error && !error.message.startsWith("internal:")) return error.message;
  throw error;
}

/** Of the tries the fastest that passes its self-check; the processor needs none. */
async function best(
  program: Program,
  processor: Backend,
  { say }: OtherEngines,
  tries: readonly Try[],
): Promise<Backend> {
  const own = tries.find(({ device }) => device === processor.device)?.seconds ?? Infinity;
  const words = tries.map(({ why }) => why);
  const chosen = (engine: Backend): Backend => {
    const choice = `auto: ${engine.device}, since ${words.join("; ")}`;
    if (tries.some(({ device, seconds }) => device !== processor.device && seconds !== null))
      say?.(choice);
    return { ...engine, choice };
  };
  const faster = tries
    .filter(({ seconds }) => seconds !== null && seconds * CLEARLY_FASTER < own)
    .sort((a, b) => a.seconds! - b.seconds!);
  for (const { device, open } of faster) {
    try {
      const { budget } = processor;
      const other = await open();
      const limit = budget && askedBytes(budget);
      const engine = limit === undefined ? other : withBudget(other, limit);
      const difference = await selfCheck(program, engine);
      if (difference <= ALLOWED_DIFFERENCE) return chosen(engine);
      words.push(
        `${device} failed its self-check by ${difference.toExponential(1)} where ${ALLOWED_DIFFERENCE} is allowed`,
      );
    } catch (error) {
      words.push(`${device} could not run this model (${reasonOf(error)})`);
    }
  }
  return chosen(processor);
}

/** From the first layer's end to the second's, or all of a program that has no two layers. */
function layerOf(program: Program): Program {
  const ends = program.ops.flatMap(({ output }) =>
    output.endsWith(".hook_resid_post") ? [output] : [],
  );
  const [first, second] = ends;
  if (first === undefined || second === undefined) return program;
  return slice(program, { outputs: [second], from: [first] });
}

/** All that the speed depends on: engine, device, cards, threads, the shape of a layer, and the length. */
function speedKey(
  probe: Program,
  { versions, threads }: Backend,
  device: Device,
  length: number,
  cards?: string,
): string {
  const shapes = probe.weights.map(({ axes }) => axes.map(({ size }) => size).join("x"));
  return JSON.stringify([versions, device, cards, threads, length, shapes.sort()]);
}

/** After a run of one row, which builds what the device needs: the fastest of some runs of as many rows as it takes. */
async function secondsPerRow(
  probe: Program,
  backend: Backend,
  length: number,
  most: number,
): Promise<number> {
  const rows = rowsPerRun(probe, backend, length);
  const session = await prepare(probe, backend, { batch: rows, position: length });
  try {
    await secondsFor(session, 1, length, 0);
    const one = await secondsFor(session, 1, length, 0);
    if (one > most || rows === 1) return one;
    return (await secondsFor(session, rows, length, PROBE_MS)) / rows;
  } finally {
    await session.close();
  }
}

/** The fastest of the runs that fit into `ms`, at least one. */
async function secondsFor(
  session: Session,
  rows: number,
  length: number,
  ms: number,
): Promise<number> {
  const feeds = randomFeeds(session.program, { rows, length, seed: SEED });
  const began = performance.now();
  let fastest = Infinity;
  do {
    const start = performance.now();
    await session.run(feeds);
    fastest = Math.min(fastest, performance.now() - start);
  } while (performance.now() - began < ms);
  return fastest / 1000;
}

function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toPrecision(2)} ms`;
}
