import { InputError } from "../base/errors.ts";
import { writeStudy } from "../draw/studyFiles.ts";
import { checkOutput } from "../draw/write.ts";
import type { OutputFlags } from "./flags/partFlags.ts";
import type { Destination, Request } from "./request.ts";

/**
 * The files of --out, or else the study's own picture. A file that cannot be written does not keep the others from being
 * written; that nobody asked for a picture, so that its failing is not an error but is said.
 */
export function resultFiles<Result>(
  request: Pick<Request<Result>, "study" | "picture">,
  { out, json, title }: OutputFlags,
): Destination<Result> {
  const files = out ?? [];
  const unasked = out === undefined && !json ? request.picture : undefined;
  return {
    check: () => files.forEach(checkOutput),
    async write(result, done) {
      const { study } = await request.study(result);
      const write = async (file: string) => {
        await writeStudy(await study.view(result), result, file, { title });
        done(`wrote ${file}`);
      };
      if (unasked !== undefined)
        await write(unasked).catch((error: unknown) => done(`warning: ${faultOf(error).message}`));
      const faults: unknown[] = [];
      for (const file of files) await write(file).catch((error: unknown) => faults.push(error));
      if (faults.length === 0) return;
      const messages = faults.map((fault) => faultOf(fault).message); // what is not a fault of a place is thrown as it is
      throw new InputError("output", messages.join("\n"), { cause: faults[0] });
    },
  };
}

/** @throws what is not a fault of the place */
function faultOf(error: unknown): InputError {
  if (error instanceof InputError) return error;
  throw error;
}
