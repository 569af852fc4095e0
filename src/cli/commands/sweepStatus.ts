import { extname } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { defineCommand } from "../commandSpec.ts";
import { queueOptions } from "../flags/queueFlags.ts";
import type { QueueFlags } from "../sweep/queue/openQueue.ts";
import type { QueueStatus } from "../sweep/queue/queueStatus.ts";

interface Flags extends QueueFlags {
  readonly json?: boolean | undefined;
  readonly out?: string | undefined;
}

export const command = defineCommand({
  name: "sweep status",
  description: "how a queue is: jobs, pace, time left, and what was set aside with its reason",
  declare: (command: Command) =>
    queueOptions(command)
      .option("--json", "print it as JSON")
      .option("--out <file>", "write a page (.html) or .json"),
  carryOut: async ({ json, out, ...flags }: Flags, _, surroundings) => {
    const { checkOutput } = await import("../../draw/write.ts");
    const { withQueue } = await import("../sweep/queue/openQueue.ts");
    const { queueStatus } = await import("../sweep/queue/queueStatus.ts");
    const { studyText } = await import("../../draw/studyText.ts");
    const { statusView } = await import("../sweep/queue/statusView.ts");
    const { terminal } = await import("../terminal.ts");
    const { stdout = process.stdout } = surroundings ?? {};
    if (out !== undefined) checkOutput(out);
    if (out !== undefined && !isKnown(out))
      throw new InputError("output", `--out of sweep status needs .html or .json, got ${out}`);
    const status = await withQueue(flags, queueStatus);
    const text = json ? `${JSON.stringify(status)}\n` : studyText(statusView(status), terminal());
    stdout.write(text);
    if (out !== undefined) await writeStatus(status, out);
  },
});

const isKnown = (file: string) => [".html", ".json"].includes(extname(file).toLowerCase());

async function writeStatus(status: QueueStatus, file: string): Promise<void> {
  const { replaceFile } = await import("../../draw/replaceFile.ts");
  const { studyPage } = await import("../../draw/studyPage.ts");
  const { drawnInNode } = await import("../../draw/drawnInNode.ts");
  const { statusView } = await import("../sweep/queue/statusView.ts");
  const isPage = extname(file).toLowerCase() === ".html";
  const page = () => studyPage(statusView(status), status, drawnInNode);
  replaceFile(file, isPage ? await page() : `${JSON.stringify(status)}\n`);
}
