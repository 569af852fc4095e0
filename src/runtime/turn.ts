/** Lets timers, signals and messages be handled between two runs: a run blocks its thread until it is done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
