/** Lets timers, signals and messages be handled between two runs: a run blocks its thread until it is done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    // A timer sleeps a millisecond at least, which is a tenth of a small run; browsers have nothing shorter.
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}
