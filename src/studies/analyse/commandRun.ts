import { InputError } from "../../base/errors.ts";
import { analyseText } from "./viewText.ts";
import { checkAnalysisFolder, writeAnalysis } from "./viewFiles.ts";
import { jsonText } from "../../draw/json.ts";
import { analyse } from "./analyse.ts";
import { engineFor, type EngineOptions } from "../../cli/engine.ts";
import { interruption } from "../../cli/interruption.ts";
import { modelFor, type ModelOptions } from "../../cli/model.ts";
import { progressOn } from "../../cli/progress.ts";
import { rowOptions, type RowOptions } from "../../cli/rowOptions.ts";
import { terminal } from "../../cli/terminal.ts";

export interface AnalyseCommandOptions extends EngineOptions, ModelOptions, RowOptions {
  readonly out: string;
  readonly json?: boolean | undefined;
  readonly screen?: number | undefined;
  readonly allHeads?: boolean | undefined;
}

/** Runs every step, and only then writes the folder. */
export async function analyseCommand(name: string, options: AnalyseCommandOptions): Promise<void> {
  const { out, json, quiet = false } = options;
  const screen = screenOf(options);
  checkAnalysisFolder(out);
  const rows = rowOptions(options);
  const signal = interruption();
  const progress = progressOn(process.stderr, { quiet });
  const backend = await engineFor(options);
  const model = await modelFor(name, options, { signal, progress });
  try {
    const running = { signal, progress: progress.report };
    const result = await analyse(model, { backend, ...rows, ...screen, ...running }).finally(() =>
      progress.end(),
    );
    const files = await writeAnalysis(result, out);
    process.stdout.write(json ? jsonText(result) : analyseText(result, terminal()));
    if (!quiet) process.stderr.write(`wrote ${out}: ${files.join(", ")}\n`);
  } finally {
    await model.close();
  }
}

/** @throws {InputError} "options" for both a number and all heads */
function screenOf({ screen, allHeads = false }: AnalyseCommandOptions): {
  readonly screen?: number | "all" | undefined;
} {
  if (screen !== undefined && allHeads)
    throw new InputError("options", "--screen runs some heads and --all-heads all; give one");
  if (allHeads) return { screen: "all" };
  return screen === undefined ? {} : { screen };
}
