import { writeAudit } from "./viewFiles.ts";
import { auditText } from "./viewText.ts";
import { jsonText } from "../../draw/json.ts";
import { checkOutput } from "../../draw/write.ts";
import { audit } from "./audit.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { interruption } from "../../cli/interruption.ts";
import { modelFor, type ModelOptions } from "../../cli/model.ts";
import { progressOn } from "../../cli/progress.ts";
import { terminal } from "../../cli/terminal.ts";

export interface AuditCommandOptions extends ModelOptions {
  readonly seqLen?: number | undefined;
  readonly bos?: BosChoice | undefined;
  readonly out?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Without a model nothing is opened; with one, its BOS and context decide the layout. */
export async function auditCommand(
  name: string | undefined,
  options: AuditCommandOptions,
): Promise<void> {
  const { seqLen, bos, out = [], json, quiet = false } = options;
  out.forEach(checkOutput);
  const signal = interruption();
  const progress = progressOn(process.stderr, { quiet });
  const model =
    name === undefined
      ? undefined
      : await modelFor(name, options, { signal, progress }).finally(progress.end);
  try {
    const result = audit(model ?? null, { seqLen, bos });
    for (const file of out) await writeAudit(result, file);
    process.stdout.write(json ? jsonText(result) : auditText(result, terminal()));
  } finally {
    await model?.close();
  }
  if (!quiet) process.stderr.write(out.map((file) => `wrote ${file}\n`).join(""));
}
