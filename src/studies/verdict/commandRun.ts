import { verdictView } from "./view.ts";
import { verdict } from "./verdict.ts";
import { given, rowOptions } from "../../cli/rowOptions.ts";
import { stateFile, statePath } from "../../cli/stateFile.ts";
import { runStudy, type StudyCommandOptions } from "../../cli/study.ts";
import { readOwnTokens } from "../../cli/tokensFile.ts";

export interface VerdictCommandOptions extends StudyCommandOptions {
  readonly quick?: boolean | undefined;
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
      return verdict(model, { backend, ...wanted, memory, ...running });
    },
    verdictView,
  );
}
