/** @file How processes that compute are started: with a fixed threshold of glibc's where their memory has a limit. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { forkWork, SMALL_PROCESS } from "../../src/cli/forkWork.ts";
import { emptyFolder } from "./cli.ts";

test.each([
  ["with a limit", 6e8, SMALL_PROCESS.MALLOC_MMAP_THRESHOLD_],
  ["without one", undefined, process.env["MALLOC_MMAP_THRESHOLD_"]],
])("a process %s has what was asked for, and all else of ours", async (_, memory, expected) => {
  const file = join(emptyFolder(), "work.mjs");
  writeFileSync(file, "process.send([process.env.MALLOC_MMAP_THRESHOLD_, process.env.PATH]);");
  const child = forkWork(pathToFileURL(file), [], { memory });
  const [message] = (await once(child, "message")) as [unknown];
  expect(message).toEqual([expected, process.env["PATH"]]);
});
