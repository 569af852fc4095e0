/** Does all tasks, so many at once, begun in their order. */
export async function inLanes(tasks: readonly (() => Promise<void>)[], lanes: number) {
  const queue = tasks.values();
  const goOn = async () => {
    for (const task of queue) await task();
  };
  await Promise.all(Array.from({ length: lanes }, goOn));
}
