/** @file Heads as people write them, `18.6`: layer and head, both from 0. */
import { InputError } from "./errors.ts";
import { shownValue } from "./faultSentences.ts";

export interface HeadAt {
  readonly layer: number;
  readonly head: number;
}

/** A head by its name, `"18.6"`, or by its numbers. */
export type HeadChoice = string | HeadAt;

/**
 * A list of heads, checked to be one: a text by itself would be taken for its letters.
 *
 * @throws {InputError} "unknown-head"
 */
export function headList(choices: readonly HeadChoice[]): readonly HeadChoice[] {
  const list: unknown = choices;
  if (Array.isArray(list)) return choices;
  throw new InputError(
    "unknown-head",
    `heads come as a list, such as ["1.2"], got ${shownValue(list)}`,
  );
}

/** `18.6` */
export function headName({ layer, head }: HeadAt): string {
  return `${layer}.${head}`;
}

/**
 * The numbers of a head.
 *
 * @throws {InputError} "unknown-head" for a name that is not layer.head
 */
export function headAt(choice: HeadChoice): HeadAt {
  if (typeof choice === "object" && (choice as unknown) !== null)
    return { layer: choice.layer, head: choice.head };
  const [, layer, head] = /^(\d+)\.(\d+)$/.exec(String(choice).trim()) ?? [];
  if (typeof choice !== "string" || layer === undefined || head === undefined)
    throw new InputError(
      "unknown-head",
      `heads are written layer.head, such as "1.2", got ${shownValue(choice)}`,
    );
  return { layer: Number(layer), head: Number(head) };
}
