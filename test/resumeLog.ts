import type { ResumeLog } from "../src/base/resumeLog.ts";

/** A log in memory, by way of JSON as on disk; `values` has what was set. */
export function logInMemory(): ResumeLog & { readonly values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: (key) => {
      const text = values.get(key);
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as unknown));
    },
    set: (key, value) => {
      values.set(key, JSON.stringify(value));
    },
  };
}
