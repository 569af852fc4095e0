/** @file How every Result begins. */
import { VERSION } from "../base/version.ts";

/** The first fields of a Result: what it is, and which version of induction-lens made it. */
export function beginResult<const Schema extends string>(schema: Schema) {
  return { schema, version: VERSION };
}
