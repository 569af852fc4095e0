import type { MemoryNeed } from "./protocol.ts";

/** `1.2 GB of memory, this browser gives 4.0 GB` */
export function memoryWords({ neededBytes, availableBytes }: MemoryNeed): string {
  return `${inUnits(neededBytes)} of memory, this browser gives ${inUnits(availableBytes)}`;
}

function inUnits(bytes: number): string {
  return bytes < 1e8 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
