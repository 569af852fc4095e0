/** @file How much memory all sessions of an engine may take together, and which of them give theirs back. */
import type { Backend, MemoryBudget, Tenant, TenantNeeds } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";
import { isProcessor } from "../base/devices.ts";
import { byteSize } from "../base/byteSize.ts";

/** Of the budget: what runs carry from one piece to the next, what they return, and what they save. */
export const SHARE_BETWEEN = 1 / 8;

export const roomBetween = ({ budget }: Pick<Backend, "budget">): number =>
  SHARE_BETWEEN * (budget?.bytes ?? Infinity);

/**
 * Of what a process may take this is not for sessions: Node and the engine themselves, arrays that wait to be collected, and what lies between
 * blocks of memory (measured: bench/memory.js).
 */
const BESIDE_SESSIONS = { share: 1 / 4, most: 150e6 };

const sessionsOf = (process: number) =>
  process - Math.min(BESIDE_SESSIONS.most, BESIDE_SESSIONS.share * process);

const processOf = (sessions: number) =>
  sessions +
  Math.min(BESIDE_SESSIONS.most, (BESIDE_SESSIONS.share * sessions) / (1 - BESIDE_SESSIONS.share));

/** Less holds no engine at all. */
const LEAST_BYTES = 64e6;

/**
 * The engine with a budget: `bytes` of the process, or of the device's memory, else the budget that it has, else what is free now.
 *
 * @throws {InputError} "options" for less than 64 MB
 */
export function withBudget(backend: Backend, bytes?: number): Backend {
  if (bytes === undefined) {
    if (backend.budget) return backend;
    return { ...backend, budget: memoryBudget(freeBytes(backend), false) };
  }
  if (!Number.isFinite(bytes) || bytes < LEAST_BYTES)
    throw new InputError(
      "options",
      `\`memory\` needs at least ${byteSize(LEAST_BYTES, "up")}, got ${byteSize(bytes, "down")}`,
      { option: "memory" },
    );
  if (backend.budget && askedBytes(backend.budget) === bytes) return backend;
  const budget = isProcessor(backend.device)
    ? { ...memoryBudget(sessionsOf(bytes), true), askFor: processOf }
    : memoryBudget(bytes, true);
  return { ...backend, budget };
}

/** What was asked for; undefined where the budget is what was free. */
export function askedBytes({ bytes, isAsked, askFor }: MemoryBudget): number | undefined {
  return isAsked ? askFor(bytes) : undefined;
}

/** What weights and values may take: of the device's own memory where it is known, else of the machine's. */
export function freeBytes(backend: Pick<Backend, "availableBytes" | "freeOnDevice">): number {
  return backend.freeOnDevice?.() ?? backend.availableBytes();
}

interface Open {
  readonly bytes: number;
  users: number;
  readonly close: () => Promise<void>;
}

/**
 * Gives room to whatever is used. What was used last, and is not in use, is closed for it first: a model is walked through from
 * its beginning again and again, so that is what will not be needed for longest.
 */
export function memoryBudget(bytes: number, isAsked: boolean): MemoryBudget {
  const open = new Set<Open>(); // in the order of their last use
  const sum = (some: Iterable<Open>) => [...some].reduce((total, one) => total + one.bytes, 0);
  const used = () => sum(open);
  const makeRoom = async (more: number) => {
    for (const entry of [...open].toReversed()) {
      if (used() + more <= bytes) return;
      if (entry.users === 0) await entry.close();
    }
  };
  const inTurn = queue();
  return {
    bytes,
    isAsked,
    askFor: (each) => each,
    hasRoom: (more) => used() + more <= bytes,
    tenant: <Value extends { close(): Promise<void> }>(
      needs: TenantNeeds,
      make: () => Promise<Value>,
    ): Tenant<Value> => {
      let tenancy: { value: Value; entry: Open } | null = null;
      const close = async () => {
        if (!tenancy) return;
        const { value, entry } = tenancy;
        tenancy = null;
        open.delete(entry);
        await value.close();
      };
      const openOnce = async () => {
        if (tenancy) return tenancy;
        await makeRoom(needs.opening);
        tenancy = { value: await make(), entry: { bytes: needs.open, users: 0, close } };
        open.add(tenancy.entry);
        return tenancy;
      };
      const enter = async () => {
        const tenant = await openOnce();
        open.delete(tenant.entry);
        open.add(tenant.entry);
        tenant.entry.users++;
        return tenant;
      };
      return {
        async use(work) {
          const { value, entry } = await inTurn(enter);
          try {
            return await work(value);
          } finally {
            entry.users--;
          }
        },
        close: () => inTurn(close),
      };
    },
  };
}

/** Does one thing after the other, whoever asks when. */
function queue() {
  let last: Promise<unknown> = Promise.resolve();
  return <Value>(work: () => Promise<Value>): Promise<Value> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
