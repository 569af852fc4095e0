import { verdictView } from "../report/verdict/verdictView.ts";
import { verdict } from "../studies/verdict/verdict.ts";
import { given, rowOptions } from "./rowOptions.ts";
import { stateFile, statePath } from "./stateFile.ts";
import { runStudy, type StudyCommandOptions } from "./study.ts";
import { readOwnTokens } from "./tokensFile.ts";

export interface VerdictCommandOptions extends StudyCommandOptions {
  readonly quick?: boolean;
}

export async function verdictCommand(name: string, options: VerdictCommandOptions): Promise<void> {
  const rows = rowOptions(options);
  const own = options.tokens === undefined ? undefined : await readOwnTokens(options.tokens);
  const wanted = { ...rows, ...given({ own, quick: options.quick }) };
  await runStudy(
    name,
    options,
    async (model, backend, running) => {
      const path = await statePath("verdict", [model.sha256, backend.device, wanted]);
      const notice = (text: string) => {
        if (!options.quiet) process.stderr.write(`note: ${text}\n`);
      };
      const memory = await stateFile(path, notice);
      return verdict(model, backend, { ...wanted, memory, ...running });
    },
    verdictView,
  );
}
