/** @file What the zoo has: models that the project trained itself, each a run's folder under zoo/ (docs/training.md). */
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { InputError } from "../../base/errors.ts";

const byHead = z.record(z.string(), z.number());

export const zooIndex = z.record(
  z.string(),
  z.strictObject({
    about: z.string().describe("what it is, in a sentence"),
    copiesAcross: z
      .literal(true)
      .optional()
      .describe("an encoder-decoder, whose heads and losses are those of a copy across"),
    known: z.string().describe("what was found in it, in a sentence"),
    /**
     * Of the last step, by `score` with its defaults; a test measures them again. Of an encoder-decoder: alignment of cross heads,
     * previous-token heads of its encoder, and the loss of a copy where the encoder reads others (first) and the right tokens (second).
     */
    scores: z.strictObject({
      induction: byHead.describe("heads that give the induction target half of their attention or more"),
      previousToken: byHead.describe("heads that give the token before half of their attention or more"),
      firstCopyLoss: z.number(),
      secondCopyLoss: z.number(),
    }),
    parameters: z.int(),
    steps: z.array(z.int()).describe("steps whose model is there, ascending"),
    files: z.array(z.string()).describe("files of each step's folder"),
  }),
);
export type ZooIndex = z.infer<typeof zooIndex>;

/** A model of the zoo at one step: its name in messages, and its folder under zoo/. */
export interface ZooPlace {
  readonly id: string;
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * Where `NAME` (its last step) or `NAME@STEP` lies.
 *
 * @throws {InputError} "unknown-model" if the zoo has no such model, or not that step of it
 */
export function zooPlace(index: ZooIndex, zooName: string): ZooPlace {
  const [name, at] = zooName.split(/@(.*)/s) as [string, string | undefined];
  const names = Object.keys(index);
  if (!Object.hasOwn(index, name))
    throw new InputError(
      "unknown-model",
      `there is no zoo:${name}, did you mean zoo:${closest(name, names)} (there are: ${names.join(", ")})`,
    );
  const { steps, files } = index[name]!;
  const step = at === undefined ? steps.at(-1)! : Number(at);
  if (!steps.includes(step) || at?.trim() === "")
    throw new InputError(
      "unknown-model",
      `zoo:${name} has no step ${at}, it has ${steps.join(", ")}`,
    );
  const folder = `${name}/checkpoints/step-${String(step).padStart(6, "0")}`;
  return { id: `zoo:${zooName}`, folder, files };
}
