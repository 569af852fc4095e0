import { ablateView } from "../report/causal/ablateView.ts";
import type { AblationKind } from "../results/ablate.ts";
import { ablate } from "../studies/causal/ablate.ts";
import { given, rowOptions } from "./rowOptions.ts";
import { readAblation, runStudy, type StudyCommandOptions } from "./study.ts";

export interface AblateCommandOptions extends StudyCommandOptions {
  readonly kind?: AblationKind;
  readonly set?: readonly (readonly string[])[];
  readonly given?: readonly string[];
  readonly idealise?: readonly string[];
  readonly eachHead?: boolean;
}

export async function ablateCommand(name: string, options: AblateCommandOptions): Promise<void> {
  const { kind, set: sets, given: without, idealise, eachHead } = options;
  const rows = rowOptions(options);
  const own = options.tokens === undefined ? undefined : await readAblation(options.tokens);
  const wanted = given({ own, kind, sets, given: without, idealise, eachHead });
  await runStudy(
    name,
    options,
    (model, backend, running) => ablate(model, backend, { ...rows, ...wanted, ...running }),
    ablateView,
  );
}
