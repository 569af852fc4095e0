/** @file A Program made ready to run, whole or in pieces that fit the memory. */
import type {
  Backend,
  Feeds,
  FilePart,
  MemoryBudget,
  SessionOptions,
  Tenant,
  Trace,
} from "../base/backend.ts";
import { closable, type Closable } from "../base/closable.ts";
import { throwIfAborted, UnableError } from "../base/errors.ts";
import { byteSize } from "../base/byteSize.ts";
import { prune, type Program } from "../graph/program.ts";
import { checkMemory, planMemory, SESSION_BYTES } from "./memory.ts";
import { roomBetween, SHARE_BETWEEN } from "./memoryBudget.ts";
import { openSession, type OpenSession } from "./openSession.ts";
import { passThrough, type OpenPiece } from "./passThrough.ts";
import type { PassOptions } from "./passOptions.ts";
import { piecesOf, type Piece } from "./pieces.ts";
import { turn } from "./turn.ts";

/** A Program that runs. Has memory and threads until `close`. */
export interface Session extends Closable {
  readonly program: Program;
  /** How many pieces it runs in; one where it fits the budget. */
  readonly pieces: number;
  readonly backend: Backend;
  /**
   * One run.
   *
   * @param outputs those that are handed over; left out: all of the program's
   * @returns the outputs of the program, axes as `typesOf` says with symbols replaced by lengths
   * @throws {InputError} as `completeFeeds`
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Trace>;
  /**
   * Many runs, one after the other. Of a program in pieces each piece is loaded once for all of them, as far as what
   * crosses from one to the next has room; so what has to be run often is run like this.
   *
   * @param take gets what each run returned, in order
   * @throws {AbortError} between two runs once `signal` is aborted
   */
  pass(
    runs: readonly Feeds[],
    take: (trace: Trace, run: number) => Promise<void> | void,
    options?: PassOptions,
  ): Promise<void>;
}

/**
 * Makes a session of what the outputs of `program` need.
 *
 * Weights are repacked by the engine: half a second for a model of GPT-2's size, and a fifth faster from then on.
 *
 * What does not fit into the budget of `backend` is run in pieces. Each is opened when it is needed; the native engine reads its file
 * while the piece before it runs.
 *
 * @param sizes lengths of the symbols in the largest run, to see first whether the memory is there
 * @param options.isAlone whether no other session runs between its runs
 * @throws {UnableError} if it is not, for the largest piece
 */
export async function prepare(
  program: Program,
  backend: Backend,
  sizes: Readonly<Record<string, number>> = {},
  options: Pick<SessionOptions, "isAlone"> = {},
): Promise<Session> {
  const pruned = prune(program);
  const { budget } = backend;
  if (budget)
    return sessionOf(pruned, backend, await openPieces(pruned, backend, budget, sizes, options));
  const plan = planMemory(pruned, backend, sizes);
  checkMemory(plan, backend);
  const session = await openSession(pruned, backend, { ...options, keepsRoom: plan.keepsRoom });
  const tenant = { use: <Result>(work: (value: OpenSession) => Promise<Result>) => work(session) };
  return sessionOf(pruned, backend, [
    {
      program: pruned,
      reads: [],
      tenant: { ...tenant, close: () => session.close() },
    },
  ]);
}

/** Of what is free where nobody asked for less: the rest is for what else the machine does. */
const SHARE_OF_FREE = 3 / 4;

/** A program that fits is opened at once where nothing has to be given back for it. */
async function openPieces(
  program: Program,
  backend: Backend,
  budget: MemoryBudget,
  sizes: Readonly<Record<string, number>>,
  options: Pick<SessionOptions, "isAlone">,
): Promise<OpenPiece[]> {
  const pieces = cutPieces(program, backend, budget, sizes);
  checkLargest([pieces], backend.device, budget);
  const largest = largestOf(pieces);
  const memory = pieces.length > 1 ? memoryInTurn() : undefined;
  const openings = pieces.map(({ program: piece, plan, reads }) => {
    const needs = {
      opening: plan.totalBytes - SESSION_BYTES,
      open: plan.weightBytes + plan.valueBytes,
    };
    const tenant: Tenant<OpenSession> = budget.tenant(needs, () =>
      openSession(piece, backend, { ...options, memory, keepsRoom: plan.keepsRoom }),
    );
    return { program: piece, reads, tenant, readAhead: () => backend.readAhead?.(partsOf(piece)) };
  });
  if (pieces.length === 1 && budget.hasRoom(largest - SESSION_BYTES))
    await openings[0]!.tenant.use(() => Promise.resolve());
  return openings;
}

/** Memory that the next who asks has again, unless it is far too much: of pieces one is opened at a time. */
function memoryInTurn(): (sizeBytes: number) => Uint8Array {
  let all = new Uint8Array(0);
  return (sizeBytes) => {
    if (all.length < sizeBytes || all.length > 2 * sizeBytes) all = new Uint8Array(sizeBytes);
    return all.subarray(0, sizeBytes);
  };
}

/** Where its weights lie in files that are mapped. */
function partsOf({ weights }: Program): FilePart[] {
  return weights.flatMap(({ stored: { source, offset, sizeBytes } }) =>
    source.realPath === undefined ? [] : [{ path: source.realPath, offset, sizeBytes }],
  );
}

function cutPieces(
  program: Program,
  backend: Backend,
  budget: MemoryBudget,
  sizes: Readonly<Record<string, number>>,
): Piece[] {
  const most = budget.bytes * (budget.isAsked ? 1 - SHARE_BETWEEN : SHARE_OF_FREE);
  return piecesOf(program, backend, sizes, { whole: budget.bytes, piece: most });
}

const largestOf = (pieces: readonly Piece[]) =>
  Math.max(...pieces.map(({ plan }) => plan.totalBytes));

/**
 * Refuses programs that take turns in a budget if one has a piece that does not fit.
 *
 * @throws {UnableError} with the least budget that all of them run in
 */
export function checkBudget(
  programs: readonly Program[],
  backend: Backend,
  budget: MemoryBudget,
  sizes: Readonly<Record<string, number>>,
): void {
  const all = programs.map((program) => cutPieces(program, backend, budget, sizes));
  checkLargest(all, backend.device, budget);
}

function checkLargest(
  all: readonly (readonly Piece[])[],
  device: string,
  { bytes, isAsked, askFor }: MemoryBudget,
): void {
  const largest = Math.max(...all.map(largestOf));
  if (largest <= bytes) return;
  const part = all.every((pieces) => pieces.length === 1) ? "" : " for its largest part";
  const got = isAsked ? "`memory` is" : `${device} has`;
  throw new UnableError(
    `this needs at least ${byteSize(askFor(largest), "up")} of memory${part}, ${got} ${byteSize(askFor(bytes), "down")}`,
  );
}

function sessionOf(program: Program, backend: Backend, pieces: readonly OpenPiece[]): Session {
  const pass: Session["pass"] = async (runs, take, options = {}) => {
    const { outputs = program.outputs, signal } = options;
    const room = roomBetween(backend);
    if (pieces.length > 1)
      return passThrough(program, pieces, runs, take, { ...options, outputs, room });
    for (const [index, feeds] of runs.entries()) {
      throwIfAborted(signal);
      await take(await pieces[0]!.tenant.use((session) => session.run(feeds, outputs)), index);
      await turn();
    }
  };
  return {
    program,
    pieces: pieces.length,
    backend,
    pass,
    async run(feeds, outputs) {
      if (pieces.length === 1)
        return pieces[0]!.tenant.use((session) => session.run(feeds, outputs ?? program.outputs));
      let last: Trace = new Map();
      await pass([feeds], (trace) => void (last = trace), { outputs });
      return last;
    },
    ...closable(async () => {
      for (const { tenant } of pieces) await tenant.close();
    }),
  };
}
