/** @file The checkpoints that a hub model keeps as revisions, such as Pythia's `step0` to `step143000`. */
import { InputError } from "../../base/errors.ts";
import { globPattern } from "../../base/glob.ts";
import { someOf } from "../../base/someOf.ts";
import { revisionsOf } from "../../models/open.ts";

export interface CheckpointName {
  readonly step: number;
  readonly model: string;
  /** Of a hub model. */
  readonly revision?: string | undefined;
}

export interface HubRunOptions {
  /** Which branches and tags; the number of a step begins where the first `*` stands. */
  readonly revisions: string;
  readonly offline?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/**
 * The revisions of the hub model `id` that fit the pattern, by rising step.
 *
 * @throws {InputError} "options" for a pattern without `*`, "checkpoints" if none fits or two are of one step; and as
 *   `revisionsOf`
 */
export async function hubRun(
  id: string,
  { revisions: pattern, notice, ...hubOptions }: HubRunOptions,
): Promise<CheckpointName[]> {
  if (!pattern.includes("*"))
    throw new InputError("options", `--revisions needs a * where the step stands, got ${pattern}`);
  const { names, warning } = await revisionsOf(id, hubOptions);
  if (warning) notice(warning);
  const before = pattern.indexOf("*");
  const fits = globPattern(pattern);
  const matches = names
    .filter((name) => fits.test(name))
    .flatMap((name) => {
      const digits = /^\d+/.exec(name.slice(before))?.[0];
      return digits === undefined ? [] : [{ step: Number(digits), model: id, revision: name }];
    })
    .toSorted((a, b) => a.step - b.step || (a.revision < b.revision ? -1 : 1));
  if (matches.length === 0) {
    const examples = someOf(names.toSorted(), ", ", 8);
    throw new InputError("checkpoints", `${id} has no revisions ${pattern}; it has ${examples}`);
  }
  const twice = matches.findIndex(({ step }, index) => matches[index - 1]?.step === step);
  if (twice > 0)
    throw new InputError(
      "checkpoints",
      `phase needs one revision a step, but ${matches[twice - 1]!.revision} and ${matches[twice]!.revision} of ${id} fit ${pattern}`,
    );
  return matches;
}
