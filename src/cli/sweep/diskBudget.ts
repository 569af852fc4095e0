/** @file Checkpoints of the hub that a sweep downloaded leave the cache again once nobody uses them, as far as a budget asks. */
import { cacheEntries, type CacheEntry } from "../../models/hub/cacheEntries.ts";
import { removeFromCache } from "../../models/hub/removeFromCache.ts";
import type { SweepJob } from "./plan.ts";

export interface DiskBudget {
  /**
   * Does `work` while the job's checkpoint stays; then removes idle checkpoints, the one used longest ago first, until what the
   * sweep brought fits the budget. What was in the cache before the sweep is never removed.
   */
  during<Value>(job: SweepJob, work: () => Promise<Value>): Promise<Value>;
}

/** A commit in the cache, and the blobs that go with it. */
interface Checkpoint {
  readonly target: string;
  readonly entry: CacheEntry;
  readonly revision: CacheEntry["revisions"][number];
}

/**
 * @param bytes what downloads of the sweep may take between jobs; those of jobs that run come on top
 * @param cacheDir of the hub
 */
export async function diskBudget(bytes: number, cacheDir: string): Promise<DiskBudget> {
  const before = new Set((await checkpointsIn(cacheDir)).map(({ target }) => target));
  const running = new Set<SweepJob>();
  const lastUse = new Map<string, number>();
  let uses = 0;
  let evicting: Promise<void> = Promise.resolve();
  const evict = async () => {
    const all = await checkpointsIn(cacheDir);
    const own = all.filter(({ target }) => !before.has(target));
    for (const checkpoint of own) {
      const { target } = checkpoint;
      if (isUsed(checkpoint, running) || !lastUse.has(target)) lastUse.set(target, ++uses);
    }
    const idle = own
      .filter((checkpoint) => !isUsed(checkpoint, running))
      .sort((a, b) => lastUse.get(a.target)! - lastUse.get(b.target)!);
    const left = new Set(own);
    for (const checkpoint of idle) {
      if (sizeOf([...left], all) <= bytes) return;
      const isRemoved = await removeFromCache(cacheDir, checkpoint.target).then(
        () => true,
        () => false, // somebody downloads into it: after the next job, then
      );
      if (isRemoved) left.delete(checkpoint);
    }
  };
  const evictInTurn = () => (evicting = evicting.then(evict, evict));
  return {
    async during(job, work) {
      running.add(job);
      try {
        return await work();
      } finally {
        await evictInTurn(); // the job still runs, so that its use is noted
        running.delete(job);
        await evictInTurn();
      }
    },
  };
}

async function checkpointsIn(cacheDir: string): Promise<Checkpoint[]> {
  const entries = await cacheEntries(cacheDir);
  return entries.flatMap((entry) =>
    entry.revisions.map((revision) => ({
      target: `${entry.id}@${revision.commit}`,
      ...{ entry, revision },
    })),
  );
}

/** Every commit of a model of which a job runs, unless the cache knows which one its revision is. */
function isUsed({ entry, revision }: Checkpoint, running: ReadonlySet<SweepJob>): boolean {
  return [...running].some(({ name, revision: revisionName = "main" }) => {
    if (name !== entry.id && !name.startsWith(`${entry.id}:`)) return false;
    const isIt = ({ commit, refs }: Checkpoint["revision"]) =>
      refs.includes(revisionName) || commit.startsWith(revisionName);
    return isIt(revision) || !entry.revisions.some(isIt);
  });
}

/** Bytes of the blobs that only these checkpoints have. */
function sizeOf(own: readonly Checkpoint[], all: readonly Checkpoint[]): number {
  const blobsOf = ({ entry, revision }: Checkpoint) =>
    revision.files.map(({ blob, name, sizeBytes }): [string, number] => [
      `${entry.id}/${blob ?? `${revision.commit}/${name}`}`,
      Math.max(0, sizeBytes),
    ]);
  const others = all.filter((checkpoint) => !own.includes(checkpoint)).flatMap(blobsOf);
  const otherKeys = new Set(others.map(([key]) => key));
  const sizes = new Map(own.flatMap(blobsOf).filter(([key]) => !otherKeys.has(key)));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
