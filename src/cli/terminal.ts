/** The colours of standard output, its width, and whether it has more than ASCII. */
export function terminal() {
  const { stdout, env } = process;
  const isColoured = stdout.isTTY && env["NO_COLOR"] === undefined;
  return {
    colour: isColoured ? (stdout.getColorDepth() as 1 | 4 | 8 | 24) : (false as const),
    width: stdout.columns ?? 80,
    unicode: env["TERM"] !== "linux",
  };
}

export type Terminal = ReturnType<typeof terminal>;
