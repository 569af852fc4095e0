/** Lets work begin as far as one budget of memory goes, in the order of asking. */
export interface MemoryGate {
  /**
   * Waits for room. What needs more than the whole budget waits until nothing else has any.
   *
   * @param signal ends the waiting; whoever aborted it does not begin
   * @returns gives the room back
   */
  enter(bytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly bytes: number;
  readonly begin: (leave: () => void) => void;
}

/** @param budget bytes that may be in use together */
export function memoryGate(budget: number): MemoryGate {
  const queue: Waiting[] = [];
  let [used, inside] = [0, 0];
  const admit = () => {
    // nobody is let past the first, so that a large one is not kept waiting by small ones without end
    while (queue[0] && (inside === 0 || used + queue[0].bytes <= budget)) {
      const { bytes, begin } = queue.shift()!;
      used += bytes;
      inside++;
      begin(() => {
        used -= bytes;
        inside--;
        admit();
      });
    }
  };
  return {
    enter: (bytes, signal) =>
      new Promise((resolve) => {
        const request: Waiting = { bytes, begin: resolve };
        queue.push(request);
        signal.addEventListener("abort", () => {
          const place = queue.indexOf(request);
          if (place < 0) return;
          queue.splice(place, 1);
          admit();
        });
        admit();
      }),
  };
}
