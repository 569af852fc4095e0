/** Sources that compute their values do it on several cores, and the system's work is done on another. */
export const LANES = 4;

/**
 * Does all tasks, {@link LANES} at once, begun in their order. Once one failed no other is begun; its error comes when those that were begun
 * have ended.
 */
export async function inLanes(tasks: readonly (() => Promise<void>)[]) {
  const queue = tasks.values();
  let hasFailed = false;
  const goOn = async () => {
    for (const task of queue) {
      if (hasFailed) return;
      await task().catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: LANES }, goOn));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
