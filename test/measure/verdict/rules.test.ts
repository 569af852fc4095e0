import { describe, expect, test } from "vitest";
import { nullSizeOf } from "../../../src/measure/verdict/causalEvidence.ts";
import { verdictOf } from "../../../src/measure/verdict/rules.ts";
import { about, cause, head, SCALE } from "./evidence.ts";

const ATTENDS = { induction: 0.9 };
const verdict = (...evidence: Parameters<typeof head>) => verdictOf(head(...evidence));

test("nullSizeOf is the 99th percentile of twenty sizes; of fewer, one that matters does not count", () => {
  const twenty = Array.from({ length: 20 }, (_, head) => (head + 1) / 20);
  expect(nullSizeOf(twenty)).toBeCloseTo(0.99, 2);
  expect(nullSizeOf([0.01, -0.02, 0.01, 9])).toBeLessThan(0.1);
  expect(nullSizeOf([])).toBe(0);
});

describe("verdictOf(evidence)", () => {
  test("calls a head induction that attends, copies and matters", () => {
    expect(verdict(ATTENDS, cause())).toMatchObject({ label: "induction", flags: [] });
  });

  test("calls no head induction for its attention alone", () => {
    expect(verdict(ATTENDS)).toMatchObject({ label: "other", flags: ["undecided"] });
    expect(verdict(ATTENDS, cause({ writes: "none", alone: [0, 0] })).label).toBe(
      "attends-without-copying",
    );
  });

  test("calls a head that writes the copy but costs nothing inert, and not induction", () => {
    expect(verdict(ATTENDS, cause({ alone: [0.1, 0] }))).toMatchObject({
      label: "attends-without-copying",
      flags: ["inert"],
    });
  });

  test("calls a head that writes against the copy but takes nothing away inert, and not anti-induction", () => {
    expect(verdict(ATTENDS, cause({ writes: "-", alone: [-0.1, 0] }))).toMatchObject({
      label: "attends-without-copying",
      flags: ["inert"],
    });
  });

  test("flags a head undecided that would matter, or act, at the other end of its effects' intervals", () => {
    for (const nearly of [
      cause({ effect: 0.5, alone: [0.1, 0.045] }),
      cause({ effect: 0.5, alone: [0.45, 0] }),
    ])
      expect(verdict(ATTENDS, nearly)).toMatchObject({
        label: "attends-without-copying",
        flags: ["inert", "undecided"],
      });
    const against = cause({ writes: "-", effect: -0.5, alone: [-0.45, 0] });
    expect(verdict(ATTENDS, against).flags).toEqual(["inert", "undecided"]);
    const silent = cause({ writes: "none", alone: [0.45, 0] });
    expect(verdict(ATTENDS, silent)).toMatchObject({
      label: "attends-without-copying",
      flags: ["undecided"],
    });
    const oneKind = cause({ effect: 0.5, alone: [0.1, 0.045], content: [0.1, 0.03] });
    expect(verdict(ATTENDS, oneKind).flags).not.toContain("undecided"); // content is surely no loss
  });

  test("does not call a head induction of whose writing nothing arrives, however quiet the null", () => {
    const cancelled = cause({ alone: [0.5, 0.3], amongOthers: [0.5, 0.3] });
    expect(verdict(ATTENDS, cancelled)).toMatchObject({
      label: "attends-without-copying",
      flags: ["inert"],
    });
  });

  test("asks more of a head that acts indirectly where a small vocabulary comes again and again", () => {
    const silent = cause({ writes: "none", alone: [0.7, 0.3] });
    expect(verdict(ATTENDS, silent).label).toBe("induction");
    expect(verdict(ATTENDS, silent, { ...SCALE, widening: 2 }).label).toBe(
      "attends-without-copying",
    );
  });

  test("does not call a head induction whose output favours the right tokens by chance, with no later layer in it", () => {
    const byChance = cause({ writes: "none", effect: 1.2, alone: [1.25, 0.07] });
    expect(verdict(ATTENDS, byChance).label).toBe("attends-without-copying");
    const more = cause({ writes: "none", effect: 1.2, alone: [3, 0.4] });
    expect(verdict(ATTENDS, more)).toMatchObject({ label: "induction", flags: ["indirect"] });
  });

  test("flags a head redundant that costs little alone and much without the others", () => {
    expect(verdict(ATTENDS, cause({ alone: [0.1, 0.007], amongOthers: [5, 0.365] }))).toMatchObject(
      {
        label: "induction",
        flags: ["redundant"],
      },
    );
  });

  test("tells anti-induction from copy suppression by the stripe without the other candidates", () => {
    const opposed = { writes: "-", alone: [-10, -1] } as const;
    expect(verdict(ATTENDS, cause(opposed)).label).toBe("anti-induction");
    expect(verdict(ATTENDS, cause({ ...opposed, stripeGivenOthers: 0.1 }))).toMatchObject({
      label: "copy-suppression",
      flags: ["follows-prediction"],
    });
  });

  test("accepts a head that writes nothing itself if losing it costs the copy, and says how it acts", () => {
    const silent = { writes: "none", alone: [10, 2] } as const;
    expect(verdict(ATTENDS, cause({ ...silent, patternsKept: 1 }))).toMatchObject({
      label: "induction",
      flags: ["via-pattern"],
    });
    expect(verdict(ATTENDS, cause({ ...silent, patternsKept: 9 })).flags).toEqual(["indirect"]);
    expect(
      verdict(ATTENDS, cause(silent), { ...SCALE, differs: false }).label,
      "nothing to lose where the prediction does not depend on the first copy",
    ).toBe("attends-without-copying");
  });

  test("claims no content for a head that only mean ablation sees, and flags its size", () => {
    const content = [0.02, 0.001] as const;
    for (const alone of [
      [10, 2],
      [-10, -2],
    ] as const)
      expect(verdict(ATTENDS, cause({ writes: "none", alone, content }))).toMatchObject({
        label: "attends-without-copying",
        flags: ["norm"],
      });
    expect(verdict(ATTENDS, cause({ effect: 2, alone: [10, 2], content }))).toMatchObject({
      label: "attends-without-copying",
      flags: ["inert", "norm"],
    });
    expect(
      verdict(ATTENDS, cause({ effect: -2, writes: "-", alone: [-10, -2], content })).label,
    ).toBe("attends-without-copying");
  });

  test("calls a head induction whose content costs the copy though its mean does not, since norms then divide by less", () => {
    expect(verdict(ATTENDS, cause({ alone: [-3, -1], content: [10, 2] })).label).toBe("induction");
  });

  test("flags backup where the direct effect rises without the others", () => {
    expect(verdict(ATTENDS, cause({ effectGivenOthers: 20 })).flags).toEqual(["backup"]);
  });

  test("flags partial attention, and resting on the first token besides", () => {
    expect(verdict({ induction: 0.3, firstToken: 0.6 }, cause()).flags).toEqual([
      "partial",
      "first-token-rest",
    ]);
  });

  test("does not attend where the test over heads finds no discovery, or the bound is too low", () => {
    expect(verdict({ ...ATTENDS, p: 0.2 }, cause()).label).toBe("other");
    expect(verdict({ induction: 0.11 }, cause())).toMatchObject({
      label: "other",
      flags: expect.arrayContaining(["undecided"]) as string[],
    });
  });

  test.each([
    ["previousToken", "previous-token"],
    ["duplicateToken", "duplicate-token"],
    ["currentToken", "current-token"],
    ["firstToken", "first-token"],
    ["fixedDistance", "positional"],
  ] as const)("names a head of %s alone %s", (name, label) => {
    expect(verdict({ [name]: 0.8 }).label).toBe(label);
  });

  test.each(["previousToken", "duplicateToken", "currentToken", "firstToken"] as const)(
    "flags a head undecided whose %s may reach what names it",
    (name) => {
      expect(verdict({ [name]: 0.11 })).toMatchObject({ label: "other", flags: ["undecided"] });
      expect(verdict({ [name]: 0.07 })).toMatchObject({ label: "other", flags: [] });
      expect(verdict({ [name]: 0.13 }).flags).toEqual([]);
    },
  );

  test("flags a head undecided whose fixed distance may reach .3", () => {
    expect(verdict({ fixedDistance: 0.31 })).toMatchObject({
      label: "other",
      flags: ["undecided"],
    });
    expect(verdict({ fixedDistance: 0.11 }).flags).toEqual([]);
  });

  test("is not undecided where a weak second behaviour could not change the label", () => {
    expect(verdict({ previousToken: 0.8, currentToken: 0.11 }).flags).toEqual([]);
    expect(verdict({ previousToken: 0.15, currentToken: 0.11 }).flags).toEqual(["undecided"]);
    expect(verdict({ previousToken: 0.8, firstToken: 0.11 }).flags).toEqual([]);
    expect(verdict({ firstToken: 0.8, currentToken: 0.11 }).flags).toEqual(["undecided"]);
  });

  test("asks more of the best of fifty distances than of a behaviour that was named before", () => {
    expect(verdict({ fixedDistance: 0.15 }).label).toBe("other");
  });

  test("takes resting on the first token for a label only if nothing else passes", () => {
    expect(verdict({ firstToken: 0.7, previousToken: 0.25 })).toMatchObject({
      label: "previous-token",
      flags: ["first-token-rest"],
    });
  });

  test("calls two behaviours mixed if the next reaches three quarters of the best, else by the larger bound", () => {
    expect(verdict({ previousToken: 0.4, duplicateToken: 0.41 }).label).toBe("mixed");
    expect(verdict({ induction: 0.46, previousToken: 0.38 }, cause()).label).toBe("mixed");
    const two = verdict({ previousToken: 0.3, duplicateToken: 0.6 });
    expect(two.label).toBe("duplicate-token");
    expect(two.behaviours.map(({ name }) => name)).toEqual(["duplicate-token", "previous-token"]);
  });

  test("flags a mixed head undecided where only the intervals make it one", () => {
    expect(verdict({ previousToken: 0.4, duplicateToken: 0.41 }).flags).toEqual([]);
    expect(verdict({ previousToken: 0.29, duplicateToken: 0.4 })).toMatchObject({
      label: "mixed",
      flags: ["undecided"],
    });
    expect(verdict({ previousToken: 0.24, duplicateToken: 0.4 }).flags).toEqual([]);
  });

  test("goes by means where there is no interval", () => {
    const evidence = head(ATTENDS, cause());
    const bare = { value: 0.9, low: null, high: null };
    expect(
      verdictOf({ ...evidence, attention: { ...evidence.attention, induction: bare, p: null } })
        .label,
    ).toBe("induction");
    expect(about(1).low).toBe(0.98);
  });
});
