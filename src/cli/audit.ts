import { writeAudit } from "../report/auditFiles.ts";
import { auditText } from "../report/auditText.ts";
import { jsonText } from "../report/json.ts";
import { checkOutput } from "../report/write.ts";
import { audit } from "../studies/audit/audit.ts";
import { interruption } from "./interruption.ts";
import { modelFor, type ModelOptions } from "./model.ts";
import { progressOn } from "./progress.ts";
import { terminal } from "./terminal.ts";

export interface AuditCommandOptions extends ModelOptions {
  readonly seqLen?: number;
  readonly bos?: "auto" | "on" | "off";
  readonly out?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
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
    const result = audit({
      ...(model && { model }),
      ...(seqLen !== undefined && { seqLen }),
      ...(bos !== undefined && { bos }),
    });
    for (const file of out) await writeAudit(result, file);
    process.stdout.write(json ? jsonText(result) : auditText(result, terminal()));
  } finally {
    await model?.close();
  }
  if (!quiet) process.stderr.write(out.map((file) => `wrote ${file}\n`).join(""));
}
