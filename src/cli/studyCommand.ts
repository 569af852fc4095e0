/** @file The command of a study: its flags, and what they ask for in the words of the library. All else is the frame's. */
import type { Command } from "commander";
import type { LazyStudy } from "../studies/study.ts";
import { defineCommand, type CommandArguments, type CommandSpec } from "./commandSpec.ts";
import type { EngineFlags, ModelFlags, OutputFlags } from "./flags/partFlags.ts";
import type { ModelRun, Request } from "./request.ts";

type AllFlags<Own> = EngineFlags & ModelFlags & OutputFlags & Own;

/** @param spec `request` gets the study's own flags, and then the arguments */
export function studyCommand<Own, Arguments extends CommandArguments, Result>(spec: {
  readonly name: string;
  readonly description: string;
  readonly declare: (command: Command) => Command;
  readonly request: (flags: Own, ...args: Arguments) => Promise<Request<Result>>;
}): CommandSpec {
  const { request, ...described } = spec;
  return defineCommand({
    ...described,
    carryOut: async (flags: AllFlags<Own>, args: Arguments, surroundings) => {
      const { runStudy } = await import("./runStudy.ts");
      const { partFlags } = await import("./flags/partFlags.ts");
      const { common, own } = partFlags(flags);
      await runStudy(common, await request(own as Own, ...args), surroundings);
    },
  });
}

/** The request of a study of one model, or of the one that stands in for it where the model is not a decoder. */
export function onModel<Result, Run extends ModelRun<Result>>(
  study: LazyStudy<Result, Run>,
  name: string,
  options: NonNullable<Parameters<Run>[1]>,
): Request<Result> {
  return {
    async study(result) {
      const { studyOfResult } = await import("../studies/studyFor.ts");
      return { study: await studyOfResult((await study()).study, result) };
    },
    run: async (frame) => (await import("./runOnModel.ts")).runOnModel(frame, study, name, options),
  };
}
