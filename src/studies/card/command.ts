import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { faultSentences } from "../../base/faultSentences.ts";
import { someOf } from "../../base/someOf.ts";
import {
  FOLDER_FIGURE,
  FORMATS,
  MODEL,
  bosOption,
  withSharedFlags,
} from "../../cli/flags/sharedFlags.ts";
import type { RowFlags } from "../../cli/flags/rowFlags.ts";
import { wholeNumber } from "../../cli/flags/values.ts";
import { folderOfResult } from "../../cli/folderOfResult.ts";
import { readResult } from "../../cli/readResult.ts";
import type { Destination, Request } from "../../cli/request.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import type { CardResult } from "./result.ts";

interface Flags extends Omit<RowFlags, "tokens"> {
  readonly quick?: boolean | undefined;
}

const FOLDER = "output/card";

export const command = studyCommand({
  name: "card",
  description: "a page of a model's heads to put beside its weights; or diff OLD NEW of two cards",
  declare,
  request: (flags: Flags, model: string, cards: readonly string[]): Promise<Request> =>
    Promise.resolve(model === "diff" ? diffRequest(cards) : cardRequest(flags, model, cards)),
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", `${MODEL}; or diff (a folder of that name is ./diff)`)
    .argument("[cards...]", "after diff: the JSON of the old card and of the new one")
    .option(
      "--out <folder>",
      `where the card goes (default ${FOLDER}); of diff a file, ${FORMATS}`,
      (name) => [name],
    )
    .option("--figure <name>", FOLDER_FIGURE)
    .option("--num-examples <n>", "sequences (default 20, 16 causal, 50 for losses)", wholeNumber)
    .option("--seq-len <n>", "tokens in the two copies together, even (default 64)", wholeNumber)
    .option("--seed <n>", "seed of the random tokens (default 0)", wholeNumber)
    .addOption(bosOption())
    .option("--quick", "a quick verdict; the card says so")
    .option("--json", "print the Result as JSON and nothing else");
  return withSharedFlags(withFlags);
}

function cardRequest(flags: Flags, model: string, more: readonly string[]): Request {
  if (more.length > 0)
    throw new InputError(
      "options",
      `card takes one model, or diff and two cards; got ${[model, ...more].join(", ")}`,
    );
  const request = onModel(STUDIES.card, model, flags);
  return {
    ...request,
    destination: ({ out, figure }) => cardFolder(out?.[0] ?? FOLDER, figure),
  } as Request;
}

function diffRequest(cards: readonly string[]): Request {
  if (cards.length !== 2)
    throw new InputError(
      "options",
      `card diff takes the old card and the new one, got ${cards.join(", ") || "none"}`,
    );
  return {
    study: STUDIES["card-diff"],
    run: async () => {
      const [before, after] = [await cardIn(cards[0]!), await cardIn(cards[1]!)];
      return (await import("./cardDiff.ts")).cardDiff(before, after);
    },
  };
}

/** @throws {InputError} "file" or "result" */
async function cardIn(path: string): Promise<CardResult> {
  const { headCardResult } = await import("./result.ts");
  const value = await readResult(path);
  const read = headCardResult.safeParse(value);
  if (read.success) return read.data;
  const faults = someOf(faultSentences(read.error.issues, value), "; ");
  throw new InputError("result", `${path} is not a card of induction-lens: ${faults}`);
}

function cardFolder(folder: string, figure: string | undefined): Destination<CardResult> {
  return folderOfResult({
    ...{ study: "card", folder, figure },
    check: async () => (await import("./viewFiles.ts")).checkCardFolder(folder),
    write: async (result, more) => (await import("./viewFiles.ts")).writeCard(result, folder, more),
    views: async (result) => [(await import("./view.ts")).cardView(result)],
  });
}
