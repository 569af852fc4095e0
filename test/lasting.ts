/** The part of a Result that the same input and seed give again to the last byte. */
export function lasting<
  Result extends { readonly environment: unknown; readonly timings: unknown },
>(result: Result): string {
  const { environment, timings, ...rest } = result;
  return JSON.stringify(rest);
}
