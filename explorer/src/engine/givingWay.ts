import type { Backend } from "induction-lens/browser";
import type { Turns } from "./turns.ts";

/** The engine as a long question gets it: short ones pass before each run. */
export function givingWay(backend: Backend, turns: Turns): Backend {
  return {
    ...backend,
    availableBytes: () => backend.availableBytes(),
    create: async (...args) => {
      const session = await turns.alone(() => backend.create(...args));
      return {
        run: (...runArgs) => turns.alone(() => session.run(...runArgs)),
        close: () => session.close(),
      };
    },
  };
}
