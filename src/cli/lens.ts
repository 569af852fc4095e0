import { lensView } from "../report/causal/lensView.ts";
import { lens } from "../studies/causal/lens.ts";
import { given, rowOptions } from "./rowOptions.ts";
import { runStudy, type StudyCommandOptions } from "./study.ts";
import { readOwnTokens } from "./tokensFile.ts";

export interface LensCommandOptions extends StudyCommandOptions {
  readonly centred?: boolean;
  readonly threshold?: number;
  readonly topK?: number;
  readonly positions?: readonly number[];
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
    (model, backend, running) => lens(model, backend, { ...rows, ...wanted, of, ...running }),
    lensView,
  );
}
