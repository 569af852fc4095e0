/** @file Progress on standard error: a bar on a terminal, a plain line now and then elsewhere. Quick steps say nothing. */
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  readonly report: (step: string, done: number, total: number) => void;
  readonly end: () => void;
}

const SILENT_MS = 1000;
const LINE_EVERY_MS = 2000;

export function progressOn(
  stream: NodeJS.WriteStream,
  { quiet }: { readonly quiet: boolean },
): Progress {
  if (quiet) return { report: () => undefined, end: () => undefined };
  return stream.isTTY ? bars(stream) : lines(stream);
}

function lines(stream: NodeJS.WriteStream): Progress {
  const began = new Map<string, number>();
  let last = 0;
  const report = (step: string, done: number, total: number) => {
    const now = performance.now();
    if (!began.has(step)) began.set(step, now);
    const due = now - began.get(step)! > SILENT_MS && now - last > LINE_EVERY_MS;
    if (!due || done === total) return;
    last = now;
    stream.write(`${step}: ${Math.floor((100 * done) / total)} % (${amount(done, total)})\n`);
  };
  return { report, end: () => undefined };
}

function bars(stream: NodeJS.WriteStream): Progress {
  let current: { step: string; began: number; bar: SingleBar | null } | null = null;
  const end = () => {
    current?.bar?.stop();
    current = null;
  };
  const report = (step: string, done: number, total: number) => {
    if (current?.step !== step) {
      end();
      current = { step, began: performance.now(), bar: null };
    }
    if (!current.bar && performance.now() - current.began > SILENT_MS && done < total) {
      const format = `${step} {bar} {percentage} % | {amount} | {eta_formatted} left`;
      current.bar = new SingleBar(
        { stream, format, clearOnComplete: true, hideCursor: true },
        Presets.shades_classic,
      );
      current.bar.start(total, done, { amount: amount(done, total) });
    }
    current.bar?.update(done, { amount: amount(done, total) });
    if (done === total) end();
  };
  return { report, end };
}

/** Bytes are counted in megabytes; small numbers are sequences. */
function amount(done: number, total: number): string {
  if (total < 1e6) return `${done} of ${total}`;
  return `${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`;
}
