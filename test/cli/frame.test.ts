import { PassThrough } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { inFrame, withModel, type Frame } from "../../src/cli/frame.ts";
import { partFlags } from "../../src/cli/flags/partFlags.ts";
import { terminal } from "../../src/cli/terminal.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("partFlags(flags)", () => {
  test("parts them into those of engine, model and output, and the command's own, and loses none", () => {
    const engine = { threads: 2, device: "cpu" as const };
    const model = { revision: "main", offline: true, cache: false };
    const output = { out: ["a.csv"], json: true, quiet: true };
    const own = { seqLen: 12, tokens: "rows.json" };
    expect(partFlags({ ...engine, ...model, ...output, ...own })).toEqual({
      common: { engine, model, output },
      own,
    });
  });
});

/** Does `work` in a frame, and gives what was said on standard error. */
async function messagesOf(quiet: boolean, work: (frame: Frame) => void): Promise<string> {
  let text = "";
  const stream = new PassThrough().setEncoding("utf8");
  stream.on("data", (more: string) => (text += more));
  const { signal } = new AbortController();
  await inFrame(partFlags({ quiet }).common, async (frame) => work(frame), {
    signal,
    stderr: stream as unknown as NodeJS.WriteStream,
  });
  return text;
}

describe("inFrame(flags, work)", () => {
  test("says notes and what was done, safe to show, and nothing on --quiet", async () => {
    const work = ({ note, done }: Frame) => {
      note("a \u001b[31mred\u001b[0m name");
      done("wrote a.csv");
    };
    expect(await messagesOf(false, work)).toBe(
      "note: a \\u{1b}[31mred\\u{1b}[0m name\nwrote a.csv\n",
    );
    expect(await messagesOf(true, work)).toBe("");
  });
});

describe("withModel(frame, name, use)", () => {
  test("closes the model, whether its use ends or fails", async () => {
    const close = vi.fn(() => Promise.resolve());
    const model: LoadedModel = { ...(await openPlanted("induction")), close };
    const frame = { openModel: () => Promise.resolve(model) } as unknown as Frame;
    expect(await withModel(frame, "a", async ({ id }) => id)).toBe("planted:induction");
    expect(close).toHaveBeenCalledTimes(1);
    const failing = withModel(frame, "a", () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(close).toHaveBeenCalledTimes(2);
  });
});

describe("terminal()", () => {
  /** What standard output is while a test looks. */
  function stdout(isTTY: boolean, columns: number | undefined): void {
    Object.assign(process.stdout, { isTTY, columns, getColorDepth: () => 8 });
  }
  const { isTTY, columns, getColorDepth } = process.stdout;
  afterEach(() => {
    Object.assign(process.stdout, { isTTY, columns, getColorDepth });
  });

  test("has the colours and the width of a terminal, 80 columns and no colours elsewhere", () => {
    vi.stubEnv("NO_COLOR", undefined);
    vi.stubEnv("TERM", "xterm-256color");
    stdout(true, 120);
    expect(terminal()).toEqual({ colour: 8, width: 120, unicode: true });
    stdout(false, undefined);
    expect(terminal()).toEqual({ colour: false, width: 80, unicode: true });
  });

  test("has no colours with NO_COLOR, and ASCII alone on the console of Linux", () => {
    vi.stubEnv("NO_COLOR", "1");
    vi.stubEnv("TERM", "linux");
    stdout(true, 80);
    expect(terminal()).toEqual({ colour: false, width: 80, unicode: false });
  });
});
