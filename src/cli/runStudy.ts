/** @file The one frame of all studies: check outputs, run, print, write. */
import { jsonText } from "../draw/json.ts";
import { studyText } from "../draw/studyText.ts";
import type { CommonFlags } from "./flags/partFlags.ts";
import { inFrame, type Surroundings } from "./frame.ts";
import { resultFiles } from "./resultFiles.ts";
import type { Request } from "./request.ts";
import { terminal } from "./terminal.ts";

/** The Result is printed before anything is written, so that a full disk loses no numbers. */
export async function runStudy<Result>(
  flags: CommonFlags,
  request: Request<Result>,
  surroundings: Partial<Surroundings> = {},
): Promise<void> {
  const { stdout = process.stdout, stderr = process.stderr } = surroundings;
  const { json = false } = flags.output;
  const destination = request.destination?.(flags.output) ?? resultFiles(request, flags.output);
  await destination.check();
  await inFrame(
    flags,
    async (frame) => {
      const result = await request.run(frame);
      stdout.write(json ? jsonText(result) : await textOf(request, result));
      if (request.after) (json ? stderr : stdout).write(request.after(result));
      await destination.write(result, frame.done);
      const code = request.exitCode?.(result) ?? 0;
      if (code !== 0) (surroundings.exit ?? exitWith)(code);
    },
    surroundings,
  );
}

/** Once everything is written; what goes wrong before has a code of its own. */
function exitWith(code: number): void {
  process.exitCode = code;
}

async function textOf<Result>(request: Request<Result>, result: Result): Promise<string> {
  const { study } = await request.study(result);
  return studyText(await study.view(result), terminal());
}
