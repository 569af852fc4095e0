/** @file Many runs through a Program in pieces: all of them go through one piece before any goes through the next. */
import type { Feeds, Tenant, Trace } from "../base/backend.ts";
import { throwIfAborted } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import { typesOf, type Program } from "../graph/program.ts";
import { checkFeeds, fillInputs } from "./feeds.ts";
import type { Axis } from "../graph/axes.ts";
import { float32Bytes } from "./byteCounts.ts";
import type { OpenSession } from "./openSession.ts";
import type { Piece } from "./pieces.ts";
import type { PassOptions } from "./passOptions.ts";
import { turn } from "./turn.ts";

/** A piece and what opens it. */
export interface OpenPiece extends Pick<Piece, "program" | "reads"> {
  readonly tenant: Tenant<OpenSession>;
  /** Called while the piece before it runs; left out: nothing is done then. */
  readonly readAhead?: (() => void) | undefined;
}

export interface ThroughOptions extends PassOptions {
  readonly outputs: readonly string[];
  /** Bytes that what crosses between pieces, and what the runs return, may take: more runs go through in several groups. */
  readonly room: number;
}

/**
 * Runs `runs` through `pieces` of `program`.
 *
 * @param take gets what each run returned, in order
 * @throws {InputError} for feeds that do not fit, before anything runs
 * @throws {AbortError} between two runs of a piece once `signal` is aborted
 */
export async function passThrough(
  program: Program,
  pieces: readonly OpenPiece[],
  runs: readonly Feeds[],
  take: (trace: Trace, run: number) => Promise<void> | void,
  options: ThroughOptions,
): Promise<void> {
  const { outputs, room, step = "running", progress } = options;
  const last = pieces.findLastIndex(({ program }) =>
    outputs.some((name) => program.outputs.includes(name)),
  );
  const visits = pieces.slice(0, last + 1);
  const words = `${step}, ${visits.length} pieces`;
  const total = visits.length * runs.length;
  let done = 0;
  const countRun = () => progress?.(words, ++done, total);
  for (const group of groupsOf(program, visits, runs, outputs, room)) {
    const traces = await throughAll(program, visits, group, runs, { ...options, countRun });
    for (const [at, run] of group.entries()) {
      const values = traces[at]!;
      traces[at] = new Map();
      await take(new Map(outputs.map((name) => [name, values.get(name)!])), run);
    }
  }
}

/** What each run of a group returns, and nothing else. */
async function throughAll(
  whole: Program,
  pieces: readonly OpenPiece[],
  group: readonly number[],
  runs: readonly Feeds[],
  { outputs, signal, countRun }: ThroughOptions & { readonly countRun: () => void },
): Promise<Map<string, Tensor>[]> {
  const traces = group.map(() => new Map<string, Tensor>());
  for (const [index, { program, tenant }] of pieces.entries()) {
    const read = readLater(pieces, index, outputs);
    const names = program.outputs.filter((name) => read.has(name));
    await tenant.use(async (session) => {
      pieces[index + 1]?.readAhead?.();
      for (const [at, run] of group.entries()) {
        throwIfAborted(signal);
        const values = traces[at]!;
        const trace = await session.run(feedsOf(whole, program, runs[run]!, values), names);
        for (const name of [...values.keys()]) if (!read.has(name)) values.delete(name);
        for (const [name, value] of trace) values.set(name, value);
        countRun();
        await turn();
      }
    });
  }
  return traces;
}

/** What is still read after a piece: by later pieces, or by the caller. */
function readLater(
  pieces: readonly OpenPiece[],
  index: number,
  outputs: readonly string[],
): Set<string> {
  return new Set([...outputs, ...pieces.slice(index + 1).flatMap(({ reads }) => reads)]);
}

/** What a piece is fed: the run's own inputs, those that nobody feeds, sized by the whole run, and values of earlier pieces. */
function feedsOf(whole: Program, { inputs }: Program, feeds: Feeds, values: Trace): Feeds {
  const names = inputs.map(({ name }) => name);
  const filled = fillInputs(whole, feeds, new Set(names.filter((name) => !values.has(name))));
  return new Map(
    names.flatMap((name) => {
      const value = values.get(name) ?? feeds.get(name) ?? filled.get(name);
      return value ? [[name, value] as const] : [];
    }),
  );
}

/** Numbers of runs, as many together as have room; at least one. */
function groupsOf(
  program: Program,
  pieces: readonly OpenPiece[],
  runs: readonly Feeds[],
  outputs: readonly string[],
  room: number,
): number[][] {
  const lasting = keptAfterEach(pieces, outputs);
  const groups: number[][] = [];
  let left = 0;
  runs.forEach((feeds, run) => {
    const sizes = Object.fromEntries(checkFeeds(program, feeds));
    const bytes = lasting.map((values) =>
      values.reduce((sum, axes) => sum + float32Bytes(axes, sizes), 0),
    );
    const most = Math.max(...bytes);
    if (most > left || groups.length === 0) {
      groups.push([]);
      left = room;
    }
    groups.at(-1)!.push(run);
    left -= most;
  });
  return groups;
}

/** The axes of the values that are kept after each piece. */
function keptAfterEach(
  pieces: readonly OpenPiece[],
  outputs: readonly string[],
): (readonly Axis[])[][] {
  const axesByName = new Map<string, readonly Axis[]>();
  return pieces.map(({ program }, index) => {
    const types = typesOf(program);
    const read = readLater(pieces, index, outputs);
    for (const name of program.outputs) axesByName.set(name, types.get(name)!.axes);
    for (const name of [...axesByName.keys()]) if (!read.has(name)) axesByName.delete(name);
    return [...axesByName.values()];
  });
}
