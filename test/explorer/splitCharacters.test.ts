import { expect, test } from "vitest";
import { splitCharacters } from "../../explorer/src/engine/splitCharacters.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("a token that is a part of a character names the character and its bytes, others stay as they are", () => {
  const bytes = bytesOf("a我b");
  const ranges = [
    [0, 1],
    [1, 3],
    [3, 4],
    [4, 5],
  ] as const;
  const pieces = ["<bos>", "a", "\ufffd", "\ufffd", "b"];
  expect(splitCharacters(pieces, bytes, ranges)).toEqual(["<bos>", "a", "我 e6 88", "我 91", "b"]);
});

test("a token that ends one character and begins the next names both", () => {
  const bytes = bytesOf("我爱");
  const ranges = [
    [0, 2],
    [2, 5],
    [5, 6],
  ] as const;
  const pieces = ["\ufffd", "\ufffd", "\ufffd"];
  expect(splitCharacters(pieces, bytes, ranges)).toEqual(["我 e6 88", "我爱 91 e7 88", "爱 b1"]);
});

test("a replacement character that the text itself has is shown with its bytes", () => {
  expect(splitCharacters(["\ufffd"], bytesOf("\ufffd"), [[0, 3]])).toEqual(["\ufffd ef bf bd"]);
});

test("a character that runs to the left keeps the digits of its bytes to its right", () => {
  const ranges = [
    [0, 1],
    [1, 2],
  ] as const;
  const words = splitCharacters(["\ufffd", "\ufffd"], bytesOf("ם"), ranges);
  expect(words).toEqual(["\u2068ם\u2069 d7", "\u2068ם\u2069 9d"]);
});
