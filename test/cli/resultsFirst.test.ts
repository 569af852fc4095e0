/** @file A Result is printed before any file is written, and one file that cannot be written does not cost the others. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { partFlags } from "../../src/cli/flags/partFlags.ts";
import { runStudy } from "../../src/cli/runStudy.ts";
import { audit } from "../../src/studies/audit/audit.ts";
import { study } from "../../src/studies/audit/study.ts";
import { emptyFolder } from "./cli.ts";

test.each([false, true])(
  "of the text or JSON (--json %s) first, then all files that can be",
  async (json) => {
    const folder = emptyFolder();
    const lostFolder = join(folder, "lost");
    mkdirSync(lostFolder);
    const out = [join(lostFolder, "a.json"), join(folder, "b.json"), join(lostFolder, "c.csv")];
    let printed = "";
    const run = async () => {
      rmSync(lostFolder, { recursive: true }); // the place is lost while the study runs
      writeFileSync(lostFolder, "");
      return audit(null, { seqLen: 8 });
    };
    const stdout = { isTTY: false, write: (text: string) => ((printed += text), true) };
    const { common } = partFlags({ out, json, quiet: true });
    const request = { study: async () => ({ study }), run };
    const error: unknown = await runStudy(common, request, { stdout }).catch((e: unknown) => e);
    expect(printed).toContain(
      json ? '"schema": "induction-lens/audit@1"' : "conventions confuse nothing",
    );
    expect(existsSync(out[1]!)).toBe(true);
    expect(error).toMatchObject({ code: "output" });
    const { message } = error as Error;
    expect([
      message.includes(out[0]!),
      message.includes(out[1]!),
      message.includes(out[2]!),
    ]).toEqual([...[true, false, true]]);
  },
);
