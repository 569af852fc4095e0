import { expect, test } from "vitest";
import { ON_STACKS } from "../../src/studies/common/onStacks.ts";
import { STUDIES } from "../../src/studies/registry.ts";

test.each(Object.entries(ON_STACKS))(
  "%s, which %s stands in for on stacks, says what its options are there",
  async (name) => {
    const { study } = await STUDIES[name as keyof typeof ON_STACKS]();
    expect(await study.optionsOnStacks!({ numExamples: 10 })).toEqual({ numExamples: 10 });
    await expect(study.optionsOnStacks!({ rows: [] })).rejects.toThrow("`rows` needs a decoder");
  },
);
