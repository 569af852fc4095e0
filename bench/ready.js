/**
 * @file How long a model takes until its score can run, in a process of its own, as JSON: wall and processor milliseconds of
 * opening it and of making the session. The cache that XDG_CACHE_HOME names decides whether it is the first time.
 * usage: node bench/ready.js MODEL [--cache]
 */
import { openModel } from "../dist/models/open.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { prepare } from "../dist/runtime/prepare.js";
import { scoreProgram } from "../dist/studies/score/scoreProgram.js";

async function timed(work) {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { made: result, wallMs: performance.now() - started, cpuMs: (user + system) / 1000 };
}

const backend = await nativeBackend();
const open = await timed(() =>
  openModel(process.argv[2], { cache: process.argv.includes("--cache") }),
);
const { program, architecture } = open.made;
const session = await timed(() =>
  prepare(scoreProgram(program, architecture, { measures: 5, withLoss: true }), backend),
);
await session.made.close();
await open.made.close();
console.log(
  JSON.stringify({
    open: { wallMs: open.wallMs, cpuMs: open.cpuMs },
    session: { wallMs: session.wallMs, cpuMs: session.cpuMs },
  }),
);
process.exit();
