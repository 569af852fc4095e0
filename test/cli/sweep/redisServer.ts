/** @file A Redis or Valkey of the test's own: on a free port, in a folder of its own, with every write on disk. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createServer, connect } from "node:net";
import { onTestFinished } from "vitest";
import { emptyFolder } from "../cli.ts";

/** The program, or null where none is installed: then its tests are skipped by name. */
export const SERVER =
  ["valkey-server", "redis-server"].find((name) => spawnSync(name, ["--version"]).status === 0) ??
  null;

export interface RedisServer {
  readonly url: string;
  /** Ends it as a crash does, and begins it again with what is on its disk. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function redisServer(): Promise<RedisServer> {
  const [folder, port] = [emptyFolder(), await freePort()];
  let child = await begun(folder, port);
  const stop = () => endOf(child);
  onTestFinished(stop);
  return {
    url: `redis://127.0.0.1:${port}`,
    stop,
    async restart() {
      await stop();
      child = await begun(folder, port);
    },
  };
}

async function begun(folder: string, port: number): Promise<ChildProcess> {
  const disk = ["--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"];
  const args = ["--port", String(port), "--bind", "127.0.0.1", ...disk];
  const child = spawn(SERVER!, args, { stdio: "ignore" });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${SERVER!} ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return child;
}

/** Not only that it listens: it may still be reading its disk. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on("data", (bytes) => end(String(bytes).startsWith("+PONG")));
    socket.on("error", () => end(false));
  });
}

function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const over = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  return over;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
