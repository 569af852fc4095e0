/** The study that a Result says it is of, by its `schema`; empty for none. */
export function kindOf(result: unknown): string {
  return /^induction-lens\/([a-z-]+)@1$/.exec(schemaOf(result))?.[1] ?? "";
}

/** What a Result has as its `schema`; `none` where that is not a text. */
export function schemaOf(result: unknown): string {
  const schema = (result as { readonly schema?: unknown } | null | undefined)?.schema;
  return typeof schema === "string" ? schema : "none";
}
