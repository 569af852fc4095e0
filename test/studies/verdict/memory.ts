import type { StepMemory } from "../../../src/studies/verdict/steps.ts";

/** Steps in memory, by way of JSON as on disk. */
export function steps(): StepMemory & {
  readonly kept: Map<string, string>;
  readonly done: () => boolean;
} {
  const kept = new Map<string, string>();
  let finished = false;
  return {
    kept,
    done: () => finished,
    recall: (step) => {
      const text = kept.get(step);
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as unknown));
    },
    keep: (step, value) => {
      kept.set(step, JSON.stringify(value));
      return Promise.resolve();
    },
    finished: () => {
      finished = true;
      return Promise.resolve();
    },
  };
}
