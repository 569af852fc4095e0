/** The least Node, as `engines` of package.json has it. */
const LEAST = "20.19";

/** What is said of a Node that is too old, with how to mend it; null for one that is not. */
export function nodeTooOld(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST.split(".").map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return null;
  return `unable: induction-lens needs Node ${LEAST} or newer, this is ${version}; nodejs.org has it`;
}
