import { extname } from "node:path";
import { InputError } from "../../base/errors.ts";
import { createSafetensorsFile, type SafetensorsFile } from "../../formats/safetensorsFile.ts";
import { matchValues, runModel, type CapturedValue } from "./runModel.ts";
import { engineFor, type EngineOptions } from "../../cli/engine.ts";
import { interruption } from "../../cli/interruption.ts";
import { modelFor, type ModelOptions } from "../../cli/model.ts";
import { progressOn } from "../../cli/progress.ts";
import type { FromWork } from "../../cli/supervised.ts";
import { readRows } from "../../cli/tokensFile.ts";

export interface RunCommandOptions extends EngineOptions, ModelOptions {
  readonly tokens: string;
  readonly capture: readonly string[];
  readonly out: string;
}

export async function runCommand(name: string, options: RunCommandOptions): Promise<void> {
  if (extname(options.out) !== ".safetensors")
    throw new InputError("output", `run writes .safetensors, got ${options.out}`);
  const rows = await readRows(options.tokens);
  const signal = interruption();
  const progress = progressOn(process.stderr, { quiet: options.quiet ?? false });
  const backend = await engineFor(options);
  const model = await modelFor(name, options, { signal, progress });
  const names = matchValues(model.program, options.capture);
  let file: SafetensorsFile | null = null;
  try {
    await runModel(model, {
      backend,
      tokens: rows,
      names,
      receive: (value, first, values) =>
        file!.write(value.name, first * innerOf(value), values.data),
      signal,
      progress: progress.report,
      begin: async (values) => {
        file = await createSafetensorsFile(options.out, values.map(planOf), {
          model: model.id,
          sha256: model.sha256,
        });
        process.send?.({ temporary: file.temporary } satisfies FromWork);
      },
    });
    await (file as SafetensorsFile | null)?.commit();
  } catch (error) {
    await (file as SafetensorsFile | null)?.abort();
    throw error;
  } finally {
    progress.end();
    await model.close();
  }
  if (!options.quiet) process.stderr.write(`wrote ${options.out} (${names.length} values)\n`);
}

function planOf({ name, shape }: CapturedValue) {
  return {
    name,
    dtype: "F32",
    shape,
    sizeBytes: 4 * shape.reduce((product, size) => product * size, 1),
  };
}

/** Values in one row of the batch, which is the first axis of everything that a run gives. */
function innerOf({ shape }: CapturedValue): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}
