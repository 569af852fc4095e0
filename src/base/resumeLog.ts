/**
 * @file What a long study has finished so far, so that an interrupted one can go on. Whoever opens the log answers for its
 * key: everything that can change a number must be in it.
 */

/** Numbers of finished parts of a study; values are plain JSON. */
export interface ResumeLog {
  /** What was set under `key`, or a promise of it; undefined if nothing was. */
  get(key: string): unknown;
  set(key: string, value: unknown): void | Promise<void>;
}

/** What `log` has under `key`; else what `make` gives, which is then set. Without a log it is made. */
export async function finishedOnce<Value>(
  log: ResumeLog | undefined,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const stored = await log?.get(key);
  if (stored !== undefined) return stored as Value;
  const value = await make();
  await log?.set(key, value);
  return value;
}

/** `name` and the number of the call: calls come in the same order in every run. */
export function numberedKeys(name: string): () => string {
  let next = 0;
  return () => `${name} ${next++}`;
}

/** Keeps what each call makes in `log`, under `name` and the number of the call: calls come in the same order in every run. */
export function numberedSteps(log: ResumeLog | undefined, name: string) {
  const nextKey = numberedKeys(name);
  return <Value>(make: () => Promise<Value>) => finishedOnce(log, nextKey(), make);
}
