import { describe, expect, test } from "vitest";
import { OUTCOMES, verdictOf, type Reason } from "../../../src/measure/verdict/rules.ts";
import { reasonWords } from "../../../src/studies/verdict/reasonWords.ts";
import { cause, head } from "../../measure/verdict/evidence.ts";

const ATTENDS = { induction: 0.9 };
const SEEN = "attends like induction (gain .90), ";

/** A head for each reason, its label, and its sentence. */
const HEADS: Readonly<
  Record<Reason, readonly [evidence: ReturnType<typeof head>, label: string, words: string]>
> = {
  "no-behaviour": [head({}), "other", "no behaviour reaches .1"],
  behaviour: [head({ previousToken: 0.8 }), "previous-token", "previous-token attention .80"],
  mixed: [
    head({ previousToken: 0.4, duplicateToken: 0.41 }),
    "mixed",
    "duplicate-token .41 and previous-token .40: neither is much the larger",
  ],
  "no-causal-run": [head(ATTENDS), "other", `${SEEN}but no causal run looked at it`],
  "writes-copy": [
    head(ATTENDS, cause()),
    "induction",
    `${SEEN}raises the logit of what it sees (+10.00 logits) and matters: costs 2.00 nats alone, 2.00 without the other candidates`,
  ],
  "writes-copy-inert": [
    head(ATTENDS, cause({ alone: [0.1, 0] })),
    "attends-without-copying",
    `${SEEN}raises the logit of what it sees (+10.00 logits), but what it writes does not arrive or costs no more than null heads do: costs .00 nats alone, .00 without the other candidates`,
  ],
  "writes-against": [
    head(ATTENDS, cause({ writes: "-", alone: [-10, -1] })),
    "anti-induction",
    `${SEEN}lowers the logit of what it sees (−10.00 logits); its stripe is .90 without the other candidates (.90 with them)`,
  ],
  "writes-against-prediction": [
    head(ATTENDS, cause({ writes: "-", alone: [-10, -1], stripeGivenOthers: 0.1 })),
    "copy-suppression",
    `${SEEN}lowers the logit of what it sees (−10.00 logits); its stripe is .10 without the other candidates (.90 with them)`,
  ],
  "writes-against-inert": [
    head(ATTENDS, cause({ writes: "-", alone: [-0.1, 0] })),
    "attends-without-copying",
    `${SEEN}lowers the logit of what it sees (−10.00 logits), but nothing is gained without it: costs .00 nats alone, .00 without the other candidates`,
  ],
  "acts-by-patterns": [
    head(ATTENDS, cause({ writes: "none", patternsKept: 1 })),
    "induction",
    `${SEEN}acts through where later heads attend: costs 2.00 nats alone, 2.00 without the other candidates`,
  ],
  "acts-by-layers": [
    head(ATTENDS, cause({ writes: "none", amongOthers: [12, 3] })),
    "induction",
    `${SEEN}acts through later layers, which turn it into the copy: costs 2.00 nats alone, 3.00 without the other candidates`,
  ],
  "writes-nothing": [
    head(ATTENDS, cause({ writes: "none", alone: [0, 0] })),
    "attends-without-copying",
    `${SEEN}writes nothing towards what it sees and costs no more than null heads do: costs .00 nats alone, .00 without the other candidates`,
  ],
};

describe("reasonWords(evidence, verdict)", () => {
  test.each(Object.entries(HEADS))("says why: %s", (reason, [evidence, label, words]) => {
    const verdict = verdictOf(evidence);
    expect(verdict).toMatchObject({ reason, label });
    expect(reasonWords(evidence, verdict)).toBe(words);
  });

  test("says at which distance a positional head looks", () => {
    const evidence = head({ fixedDistance: 0.8 });
    expect(reasonWords(evidence, verdictOf(evidence))).toBe(
      "positional attention .80 (7 tokens back, whatever stands there)",
    );
  });
});

test("says of a head whose size acts what mean ablation moves, and that it is no content", () => {
  const evidence = head(ATTENDS, cause({ writes: "none", alone: [10, 2], content: [0.02, 0.001] }));
  expect(reasonWords(evidence, verdictOf(evidence))).toBe(
    `${SEEN}writes nothing towards what it sees and costs no more than null heads do: costs .00 nats alone, .00 without the other candidates; with its mean in its place norms divide by less, which moves the loss by 2.00 nats and is no content`,
  );
});

test("the flags of an outcome are flags of its heads", () => {
  for (const [reason, { flags }] of Object.entries(OUTCOMES))
    expect(verdictOf(HEADS[reason as Reason][0]).flags).toEqual(expect.arrayContaining([...flags]));
});
