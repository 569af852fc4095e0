/** Milliseconds of processor that this process has used: unlike a clock, it does not count how busy the machine is. */
export const usedMs = () => process.cpuUsage().user / 1000;
