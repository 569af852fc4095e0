import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { RULE_FORMS, ruleFrom } from "../../../src/studies/check/rule.ts";
import { rulesFrom } from "../../../src/studies/check/rulesFile.ts";

const fault = (text: string) =>
  rulesFrom(text, "r.yml").then(
    () => "none",
    (error: Error) => error.message,
  );

describe("a rule", () => {
  test("of every form that help names is read", () => {
    expect(RULE_FORMS.map(ruleFrom)).toMatchObject([
      { kind: "loss", of: "copyGain", operator: ">=", bound: 3 },
      { kind: "head number", of: "induction", heads: "any", operator: "<=", bound: 0.3 },
      { kind: "head number", of: "effect", heads: { layer: 1, head: 0 } },
      { kind: "head", head: { layer: 1, head: 0 }, not: false, what: "label", name: "induction" },
      { kind: "head", not: true, what: "flags", name: "inert" },
      { kind: "count", name: "previous-token", operator: ">=", bound: 1 },
      { kind: "count", name: "inert", operator: "<=", bound: 0 },
      { kind: "count", name: "induction", operator: ">=", bound: 2 },
      { kind: "same", what: "labels", file: "baseline.json", exceptUndecided: true },
    ]);
  });

  test.each([
    ["", "the rule ends where a rule, such as copyGain >= 3 is needed", 0],
    ["copygain >= 3", "did you mean copyGain", 0],
    ["copyGain => 3", ">=, <=, > or < is needed here, got =>", 9],
    ["copyGain >= three", "a bound is a number, got three", 12],
    ["copyGain >= 3 nats", "the rule is at its end here, got nats", 14],
    ["head 1,0 label induction", "heads are written layer.head", 5],
    ["head 1.0 label inductoin", "did you mean induction", 15],
    ["induction score of head", "ends where a head, such as 1.0 is needed", 23],
    ["same labels as", "ends where a verdict's file", 14],
  ])("%j is refused at the character at fault", (text, message, at) => {
    let thrown: unknown;
    try {
      ruleFrom(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: "RuleFault", at });
    expect((thrown as Error).message).toContain(message);
  });
});

describe("a file of rules", () => {
  test("may be YAML or JSON, and keeps lines and names", async () => {
    const yaml = await rulesFrom(
      "rules:\n  - copyGain >= 3\n  - {rule: no head flags inert, name: n}",
      "r",
    );
    expect(yaml.rules).toMatchObject([
      { text: "copyGain >= 3", name: "copyGain >= 3", line: 2 },
      { text: "no head flags inert", name: "n", line: 3 },
    ]);
    const json = await rulesFrom('{\n"rules": [\n"copyGain >= 3"], "limit": 40}', "r");
    expect(json).toMatchObject({ limit: 40, rules: [{ line: 3 }] });
  });

  test("says line and column of every fault", async () => {
    expect((await fault("rules:\n  - copyGain >= x\n  - 'foo'\n")).split("\n")).toEqual([
      "r.yml:2:17: a bound is a number, got x",
      expect.stringMatching(/^r\.yml:3:6: a rule begins with .*, got foo \(did you mean no\)$/),
    ]);
    expect(await fault("rules: [copyGain >= 3]\nlimt: 3\n")).toMatch(/^r\.yml:2:1: .*limt/);
    expect(await fault("rules: [copyGain >= 3]\nlimit: many\n")).toMatch(
      /^r\.yml:2:8: limit must be a number, got "many"$/,
    );
    expect(await fault("rules: [copyGain >= 3\n")).toMatch(/^r\.yml:\d+:\d+: /);
    expect(await fault("rules: []")).toMatch(/^r\.yml:1:8: rules must be at least 1 entries long/);
    expect(await fault("")).toMatch(/^r\.yml:1:1: /);
    expect(await fault("a: &a [*a]\nrules: [x]")).toMatch(/^r\.yml:\d+:\d+: /);
  });

  test("of 200 random kinds is read or refused with line and column, never anything else", async () => {
    const example = readFileSync(
      join(import.meta.dirname, "../../../docs/examples/heads.rules.yml"),
      "utf8",
    );
    const words =
      "rules: - head 1.0 label induction copyGain >= <= .3 no some flags inert [ ] { } \" ' & * : , \n \t 0x1 !!js";
    const mutant = fc
      .tuple(fc.nat(example.length), fc.nat(12), fc.constantFrom(...words.split(" ")))
      .map(([at, cut, insert]) => example.slice(0, at) + insert + example.slice(at + cut));
    const builtText = fc
      .array(fc.constantFrom(...words.split(" "), " ", "\n  "), { maxLength: 30 })
      .map((parts) => parts.join(" "));
    let [read, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutant, builtText, fc.string(), fc.json()), async (text) => {
        try {
          expect((await rulesFrom(text, "r.yml")).rules.length).toBeGreaterThan(0);
          read++;
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          expect(error.code).toBe("rules");
          for (const line of error.message.split("\n"))
            expect(line).toMatch(/^(r\.yml:\d+:\d+: \S|and \d+ more)/);
          refused++;
        }
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(read).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(50);
  });
});
