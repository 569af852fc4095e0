import { lensView } from "./view.ts";
import { lens } from "./lens.ts";
import { given, rowOptions } from "../../cli/rowOptions.ts";
import { runStudy, type StudyCommandOptions } from "../../cli/study.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

export interface LensCommandOptions extends StudyCommandOptions {
  readonly centred?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly topK?: number | undefined;
  readonly positions?: readonly number[] | undefined;
}

export async function lensCommand(name: string, options: LensCommandOptions): Promise<void> {
  const { centred, threshold, topK, positions } = options;
  const rows = rowOptions(options);
  const own = options.tokens === undefined ? undefined : await readOwnTokens(options.tokens);
  const of = centred ? ("centred-logit" as const) : ("logit" as const);
  const wanted = given({ own, threshold, topK, positions });
  await runStudy(
    name,
    options,
    (model, backend, running) => lens(model, { backend, ...rows, ...wanted, of, ...running }),
    lensView,
  );
}
