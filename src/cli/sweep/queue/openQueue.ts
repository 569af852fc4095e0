/** @file A queue of jobs on Redis or Valkey, by BullMQ. Both packages are loaded when a command needs them. */
import type * as BullMQ from "bullmq";
import type { Redis } from "ioredis";
import { InputError, UnableError } from "../../../base/errors.ts";
import { optionalPackage } from "../../optionalPackage.ts";
import type { EngineFlags, ModelFlags } from "../../flags/partFlags.ts";
import type { SweepJob } from "../plan.ts";
import type { FinishedJob } from "../runners.ts";

export interface QueueFlags {
  readonly redis?: string | undefined;
  readonly queue?: string | undefined;
}

/** What the queue has of a job: all that its Result depends on, wherever it is computed. */
export interface QueuedJob {
  readonly job: SweepJob;
  readonly engine: EngineFlags;
  readonly model: ModelFlags;
  /** Set on a job that was cancelled while it ran. */
  readonly isCancelled?: boolean | undefined;
}

export type JobQueue = BullMQ.Queue<QueuedJob, FinishedJob, string>;

export interface OpenQueue {
  readonly bull: typeof BullMQ;
  readonly client: Redis;
  readonly queue: JobQueue;
  readonly name: string;
  /** The server without its password. */
  readonly address: string;
  close(): Promise<void>;
}

const DEFAULT_URL = "redis://127.0.0.1:6379";
const DEFAULT_NAME = "sweep";
const CONNECT_MS = 5000;

/**
 * The queue that the flags name.
 *
 * @param options `waits`: once connected, a server that goes away is waited for; without it the command fails
 * @throws {InputError} "options" for what is not an address; {UnableError} if nobody answers there
 */
export async function openQueue(
  { redis = process.env["REDIS_URL"] ?? DEFAULT_URL, queue: name = DEFAULT_NAME }: QueueFlags,
  { waits }: { readonly waits: boolean },
): Promise<OpenQueue> {
  const url = addressIn(redis);
  const address = `${url.host}${url.pathname === "/" ? "" : url.pathname}`;
  const [bull, { Redis }] = await optionalPackage("a queue", ["bullmq", "ioredis"], () =>
    Promise.all([import("bullmq"), import("ioredis")]),
  );
  let isConnected = false;
  const client = new Redis(url.href, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isConnected && waits ? Math.min(100 * times, 2000) : null),
  });
  let fault = "";
  client.on("error", (error: Error) => (fault = faultOf(error)));
  await client.connect().catch((error: Error) => {
    client.disconnect();
    throw new UnableError(
      `no Redis or Valkey answers at ${address}: ${fault || faultOf(error)}; nothing was changed`,
      { cause: error },
    );
  });
  isConnected = true;
  const queue: JobQueue = new bull.Queue(name, { connection: client });
  queue.on("error", () => undefined); // what asks the queue hears of it
  return {
    ...{ bull, client, queue, name, address },
    async close() {
      await queue.close().catch(() => undefined);
      client.disconnect();
    },
  };
}

/** @throws {InputError} "options" for another kind of address */
function addressIn(text: string): URL {
  const url = URL.canParse(text) ? new URL(text.replace(/^valkey(s?):/, "redis$1:")) : null;
  if (url && /^rediss?:$/.test(url.protocol) && url.hostname !== "") return url;
  throw new InputError("options", "--redis needs an address such as redis://host:6379", {
    option: "redis",
  });
}

function faultOf(error: Error): string {
  const { errors = [] } = error as Error & { readonly errors?: readonly Error[] };
  return error.message || errors.map(({ message }) => message).join(", ") || error.name;
}

/** What `work` comes to; a server that went away meanwhile is said in a sentence. */
export async function withQueue<Value>(
  flags: QueueFlags,
  work: (open: OpenQueue) => Promise<Value>,
): Promise<Value> {
  const open = await openQueue(flags, { waits: false });
  try {
    return await work(open);
  } catch (error) {
    if (!/Connection is closed|ECONN|EPIPE|Stream isn't writeable/.test((error as Error).message))
      throw error;
    throw new UnableError(`Redis at ${open.address} went away; the same command resumes`, {
      cause: error,
    });
  } finally {
    await open.close();
  }
}
