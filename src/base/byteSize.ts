/**
 * A number of bytes as all messages say it: "512 bytes", "42 kB", "9.5 MB", "600 MB", "1.5 GB".
 *
 * @param towards needs are rounded up, so that they suffice, and what there is down; left out: to the nearest
 */
export function byteSize(bytes: number, towards: "up" | "down" | "nearest" = "nearest"): string {
  const { unit, name, digits } = UNITS.find(({ least }) => bytes >= least)!;
  const scale = 10 ** digits;
  const rounded = ROUND[towards]((bytes / unit) * scale) / scale;
  return `${rounded.toFixed(digits)} ${name}`;
}

const UNITS = [
  { least: 1e9, unit: 1e9, name: "GB", digits: 1 },
  { least: 1e7, unit: 1e6, name: "MB", digits: 0 },
  { least: 1e6, unit: 1e6, name: "MB", digits: 1 },
  { least: 1e3, unit: 1e3, name: "kB", digits: 0 },
  { least: -Infinity, unit: 1, name: "bytes", digits: 0 },
] as const;

const ROUND = { up: Math.ceil, down: Math.floor, nearest: Math.round } as const;
