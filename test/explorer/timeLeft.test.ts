import { expect, test } from "vitest";
import { timeLeft } from "../../explorer/src/page/timeLeft.ts";

/** What is said at a second of a step. */
function clock() {
  let now = 0;
  const left = timeLeft(() => now);
  return (seconds: number, step: string, share: number) => {
    now = 1000 * seconds;
    return left(step, share);
  };
}

test("says what is left of a step from how long a part of it took, and nothing before that can be told", () => {
  const at = clock();
  expect(at(0, "scoring", 0)).toBe("");
  expect(at(4, "scoring", 0.25)).toBe(""); // too soon
  expect(at(7, "scoring", 0.625)).toBe("about 3 s left");
  expect(at(8, "scoring", 0.1)).toBe(""); // less than before: the step has begun again
  expect(at(20, "cutting", 0)).toBe(""); // another step has a time of its own
  expect(at(40, "cutting", 0.09)).toBe(""); // too little of it
  expect(at(60, "cutting", 0.18)).toBe("about 3 min left");
});

test("a slow beginning is forgotten: the last third of the time counts", () => {
  const at = clock();
  for (let second = 0; second <= 10; second++) at(second, "scoring", 0.01 * second);
  let words = "";
  for (let second = 11; second <= 25; second++)
    words = at(second, "scoring", 0.1 + 0.04 * (second - 10));
  expect(words).toBe("about 8 s left"); // .7 is done, .04 a second; from the beginning it would be 11
});

test("a step that stands still says nothing of its end", () => {
  const at = clock();
  at(0, "scoring", 0);
  at(1, "scoring", 0.5);
  expect(at(100, "scoring", 0.5)).toBe("");
  expect(at(101, "scoring", 1)).toBe("");
});
