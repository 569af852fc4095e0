/** Whether standard output takes colour, and how wide it is. */
export function terminal() {
  const { stdout, env } = process;
  return { colour: stdout.isTTY && env["NO_COLOR"] === undefined, width: stdout.columns ?? 80 };
}
