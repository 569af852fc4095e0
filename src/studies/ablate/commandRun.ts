import { InputError } from "../../base/errors.ts";
import { ablateView } from "./view.ts";
import type { AblationKind } from "./result.ts";
import { ablate } from "./ablate.ts";
import { given, rowOptions } from "../../cli/rowOptions.ts";
import { readAblation, runStudy, type StudyCommandOptions } from "../../cli/study.ts";

export interface AblateCommandOptions extends StudyCommandOptions {
  readonly kind?: AblationKind | undefined;
  readonly set?: readonly (readonly string[])[] | undefined;
  readonly given?: readonly string[] | undefined;
  readonly idealise?: readonly string[] | undefined;
  readonly eachHead?: boolean | undefined;
  readonly curve?: number | true | undefined;
  readonly randomSets?: number | undefined;
  readonly minimal?: boolean | undefined;
  readonly share?: number | undefined;
}

export async function ablateCommand(name: string, options: AblateCommandOptions): Promise<void> {
  const { kind, set: sets, given: without, idealise, eachHead } = options;
  const { curve, minimal } = searches(options);
  const rows = rowOptions(options);
  const own = options.tokens === undefined ? undefined : await readAblation(options.tokens);
  const wanted = given({ own, kind, sets, given: without, idealise, eachHead, curve, minimal });
  await runStudy(
    name,
    options,
    (model, backend, running) => ablate(model, { backend, ...rows, ...wanted, ...running }),
    ablateView,
  );
}

/** @throws {InputError} "options" for options of a curve or a search that was not asked for */
function searches({ curve, randomSets, minimal, share }: AblateCommandOptions) {
  if (randomSets !== undefined && curve === undefined)
    throw new InputError("options", "--random-sets is for the band of a --curve");
  if (share !== undefined && !minimal)
    throw new InputError("options", "--share is for the sets of --minimal");
  return {
    curve: curve === undefined ? undefined : given({ count: count(curve), randomSets }),
    minimal: minimal ? given({ share }) : undefined,
  };
}

function count(curve: number | true): number | undefined {
  return curve === true ? undefined : curve;
}
