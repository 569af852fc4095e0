import { prune, type Program } from "../program.ts";
import { capture } from "./capture.ts";
import { freeze } from "./freeze.ts";

/**
 * Only what `outputs` need, started from the saved values `from`: nothing before them runs, nothing after the last
 * output does.
 *
 * @throws {InputError} "unknown-value" for a name that the program does not have
 */
export function slice(
  program: Program,
  {
    outputs,
    from = [],
  }: { readonly outputs: readonly string[]; readonly from?: readonly string[] },
): Program {
  return freeze(prune(capture({ ...program, outputs: [] }, outputs)), from);
}
