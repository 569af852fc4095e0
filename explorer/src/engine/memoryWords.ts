import { byteSize } from "induction-lens/report";
import type { MemoryNeed } from "./protocol.ts";

/** `1.2 GB of memory, this browser gives 4.0 GB` */
export function memoryWords({ neededBytes, availableBytes }: MemoryNeed): string {
  return `${byteSize(neededBytes, "up")} of memory, this browser gives ${byteSize(availableBytes, "down")}`;
}
