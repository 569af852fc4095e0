import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nodeTooOld } from "../../src/cli/nodeTooOld.ts";

test("a Node that is too old is one sentence, with the version of package.json", () => {
  const { engines } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly engines: { readonly node: string };
  };
  expect(nodeTooOld("18.20.8")).toBe(
    `unable: induction-lens needs Node ${engines.node.replace(">=", "")} or newer, this is 18.20.8; nodejs.org has it`,
  );
  for (const version of ["20.18.9", "0.12.0"]) expect(nodeTooOld(version)).not.toBeNull();
  for (const version of ["20.19.0", "20.20.2", "22.0.0", "24.1.0"])
    expect(nodeTooOld(version)).toBeNull();
});

test("the first file of the command line imports nothing but the check before it has passed", () => {
  const imports = readFileSync("src/cli/main.ts", "utf8").match(/^import .*$/gm);
  expect(imports).toEqual(['import { nodeTooOld } from "./nodeTooOld.ts";']);
  expect(readFileSync("src/cli/nodeTooOld.ts", "utf8")).not.toMatch(/^import /m);
});
