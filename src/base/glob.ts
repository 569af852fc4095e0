/**
 * What the whole of a name must be, `*` standing for any characters, none included. It is not a glob of files, which is what
 * picomatch knows: names of values and tensors are not paths, so dots, slashes, braces and `!` mean themselves.
 */
export function globPattern(glob: string): RegExp {
  const parts = glob.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}
