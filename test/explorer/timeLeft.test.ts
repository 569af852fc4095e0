import { expect, test } from "vitest";
import { timeLeft } from "../../explorer/src/page/timeLeft.ts";

test("says what is left of a step from what its first part took, and nothing before that can be told", () => {
  let now = 0;
  const left = timeLeft(() => now);
  const at = (seconds: number, step: string, share: number) => {
    now = 1000 * seconds;
    return left(step, share);
  };
  expect(at(0, "scoring", 0)).toBe("");
  expect(at(1, "scoring", 0.5)).toBe(""); // too soon
  expect(at(4, "scoring", 0.25)).toBe("about 12 s left");
  expect(at(8, "scoring", 0.5)).toBe("about 8 s left");
  expect(at(16, "scoring", 1)).toBe("");
  expect(at(20, "cutting", 0)).toBe(""); // another step has a time of its own
  expect(at(80, "cutting", 0.1)).toBe("about 9 min left");
});
