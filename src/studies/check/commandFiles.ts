/** @file The files of the command `check`: those of every Result, and JUnit XML. */
import { extname } from "node:path";
import { InputError } from "../../base/errors.ts";
import type { OutputFlags } from "../../cli/flags/partFlags.ts";
import type { Destination } from "../../cli/request.ts";
import { resultFiles } from "../../cli/resultFiles.ts";
import { checkPlace, replaceFile } from "../../draw/replaceFile.ts";
import { STUDIES } from "../registry.ts";
import type { CheckResult } from "./result.ts";
import { junitXml } from "./viewForCi.ts";

/** @param junit where the XML goes; left out: nowhere */
export function resultFilesWithJunit(
  output: OutputFlags,
  junit: string | undefined,
): Destination<CheckResult> {
  const files = resultFiles({ study: STUDIES.check }, output);
  if (junit === undefined) return files;
  return {
    async check() {
      if (extname(junit).toLowerCase() !== ".xml")
        throw new InputError("output", `JUnit XML needs a file that ends in .xml, got ${junit}`);
      checkPlace(junit);
      await files.check();
    },
    async write(result, done) {
      replaceFile(junit, junitXml(result));
      done(`wrote ${junit}`);
      await files.write(result, done);
    },
  };
}
