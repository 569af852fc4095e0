/**
 * @file What a command says on standard error: how far it is (a bar on a terminal, a plain line now and then elsewhere; quick
 * steps say nothing), notes, and what it wrote. Errors are said elsewhere, so that on --quiet nothing is left here.
 */
import { Presets, SingleBar } from "cli-progress";
import type { Progress } from "../base/progress.ts";
import { byteSize } from "../base/byteSize.ts";
import { visible } from "../draw/visible.ts";

export interface Talk {
  readonly report: Progress;
  /** Something that the user would not expect. */
  readonly note: (text: string) => void;
  /** A line of what was done. */
  readonly done: (text: string) => void;
  /** Takes the bar away. */
  readonly end: () => void;
}

type Reporter = Pick<Talk, "report" | "end">;

const SILENT_MS = 1000;
const LINE_EVERY_MS = 2000;

export function talkOn(stream: NodeJS.WriteStream, { quiet }: { readonly quiet: boolean }): Talk {
  const silent = () => undefined;
  if (quiet) return { report: silent, note: silent, done: silent, end: silent };
  const reporter = stream.isTTY ? bars(stream) : lines(stream);
  const line = (text: string) => {
    reporter.end(); // a line does not go into a bar
    stream.write(`${visible(text)}\n`);
  };
  return { ...reporter, note: (text) => line(`note: ${text}`), done: line };
}

function lines(stream: NodeJS.WriteStream): Reporter {
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

function bars(stream: NodeJS.WriteStream): Reporter {
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
  return `${byteSize(done)} of ${byteSize(total)}`;
}
