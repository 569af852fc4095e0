import { Agent } from "node:http";
import { connect } from "node:net";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import {
  modelManifest,
  pageManifest,
  zooManifest,
  type Manifest,
  type ServedFile,
} from "../../src/server/manifest.ts";
import { ZOO } from "../../src/models/zoo/openZoo.ts";
import { emptyFolder } from "../cli/cli.ts";
import { ask, cookieOf, openSession, SECRET, servedSite, tokenOf } from "./client.ts";

const PAGE = join(import.meta.dirname, "../../explorer/dist");
const tag = ({ path }: ServedFile) =>
  createHash("sha256").update(readFileSync(path!)).digest("hex");
const METHODS = ["GET", "HEAD", "POST", "DELETE"];

describe("server of the explorer", () => {
  test("answers none of 288 combinations of Host, Origin and method but those of its own address", async () => {
    const serving = await servedSite();
    const { port } = serving;
    const cookie = await cookieOf(serving);
    const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
    const foreign = [
      "127.0.0.1",
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.:${port}`,
      `LOCALHOST:${port}`,
      `127.0.0.1:${port}@evil.example`,
      `evil.example:${port}`,
      `0.0.0.0:${port}`,
      `localhost.evil.example:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
    ];
    const origins = (host: string) => [
      null,
      `http://${host}`,
      `https://${host}`,
      "null",
      "http://evil.example",
      `http://${host}.evil.example`,
    ];
    let count = 0;
    const passed: string[] = [];
    for (const host of [...own, ...foreign])
      for (const origin of origins(host))
        for (const method of METHODS) {
          const headers = { host, cookie, ...(origin !== null && { origin }) };
          const { status } = await ask(serving, { method, headers });
          count += 1;
          if (status < 400) passed.push(`${method} ${host} ${origin}`);
          else expect([403, 404, 405, 421]).toContain(status);
        }
    expect(count).toBe(288);
    const allowed = own.flatMap((host) =>
      [null, `http://${host}`].flatMap((origin) =>
        ["GET", "HEAD"].map((method) => `${method} ${host} ${origin}`),
      ),
    );
    expect(passed).toEqual(allowed);
  });

  test("refuses requests that a browser marks as another site's, two Host headers, and none", async () => {
    const serving = await servedSite();
    const cookie = await cookieOf(serving);
    const from = (site: string) => ask(serving, { headers: { cookie, "sec-fetch-site": site } });
    expect((await from("cross-site")).status).toBe(403);
    expect((await from("same-site")).status).toBe(403);
    expect((await from("none")).status).toBe(200);
    const raw = (lines: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(serving.port, "127.0.0.1", () => socket.write(lines));
        let text = "";
        socket.on("data", (part) => (text += part)).on("error", reject);
        socket.on("close", () => resolve(text));
      });
    const host = `127.0.0.1:${serving.port}`;
    const twice = `GET / HTTP/1.1\r\nHost: ${host}\r\nHost: evil\r\nConnection: close\r\n\r\n`;
    expect(await raw(twice)).toMatch(/^HTTP\/1.1 4/);
    expect(await raw("GET / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 421/);
  });

  test("shows nothing without the cookie, and gives the cookie for the token alone", async () => {
    const serving = await servedSite();
    for (const path of ["/", "/assets/index-abcdefgh.js", "/model/list.json"])
      expect(await ask(serving, { path })).toMatchObject({ status: 401 });
    const stranger = await ask(serving, { headers: { accept: "text/html,*/*" } });
    expect([stranger.status, String(stranger.body)]).toEqual([
      401,
      expect.stringContaining("explore --share FOLDER"),
    ]);
    for (const body of ["", "{", "null", '{"token":1}', '{"token":""}', '{"token":"x"}'])
      expect(await openSession(serving, body)).toMatchObject({ status: 401 });
    const right = JSON.stringify({ token: tokenOf(serving) });
    expect(await openSession(serving, right, { "content-type": "text/plain" })).toMatchObject({
      status: 415,
    });
    const { status, headers } = await openSession(serving, right);
    expect(status).toBe(204);
    expect(headers["set-cookie"]![0]).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookie = await cookieOf(serving);
    expect(await ask(serving, { headers: { cookie } })).toMatchObject({
      status: 200,
      body: SECRET,
    });
    expect(await ask(serving, { headers: { cookie: `${cookie}x` } })).toMatchObject({
      status: 401,
    });
    expect((await servedSite()).port).not.toBe(serving.port);
  });

  test("sends pages isolated, without inline script, and unchanged files once", async () => {
    const serving = await servedSite();
    const cookie = await cookieOf(serving);
    const { headers } = await ask(serving, { headers: { cookie } });
    expect(headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
    expect(headers["content-security-policy"]).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    const again = { cookie, "if-none-match": headers.etag! };
    expect(await ask(serving, { headers: again })).toMatchObject({ status: 304, body: "" });
  });

  test("refuses a body over 4 kB before it has read it whole", async () => {
    const serving = await servedSite();
    const refused = await openSession(serving, "x".repeat(5000)).catch(() => ({ status: 413 }));
    expect(refused.status).toBe(413);
  });

  test(
    "never sends a byte from outside the manifest for 50,000 hostile paths",
    { timeout: 120_000, tags: ["slow"] },
    async () => {
      const serving = await servedSite();
      const cookie = await cookieOf(serving);
      const draw = random(1);
      const parts = [
      "..", "%2e%2e", "%2E.", ".%00", "//", "/", "\\", "%5c", "%2f", "etc/passwd", "package.json", "assets",
      "index-abcdefgh.js", "model", "list.json", "0", "?", "??", "#", ";", "%", "%zz", "%c0%ae", ".git/HEAD",
      "src/server/server.ts", "~", ":", "C:", "@", "é", "%00", "index.html", "a".repeat(300),
    ]; // prettier-ignore
      const agent = new Agent({ keepAlive: true, maxSockets: 32 });
      const targets = new Set([
        "/",
        "/assets/index-abcdefgh.js",
        "/model/list.json",
        "/open",
        "/open.js",
      ]);
      let requestCount = 0;
      let refusedHere = 0;
      const askOnce = async () => {
        const pieces = Array.from(
          { length: draw.integer(1, 6) },
          () => parts[draw.integer(0, parts.length - 1)]!,
        );
        const path = `/${pieces.join(draw.uniform() < 0.5 ? "/" : "")}`;
        requestCount += 1;
        const answer = await ask(serving, { path, headers: { cookie }, agent }).catch(
          (error: NodeJS.ErrnoException) => {
            if (error.code !== "ERR_UNESCAPED_CHARACTERS") throw error;
            refusedHere += 1;
            return null;
          },
        );
        if (!answer) return;
        const target = path.replace(/\?.*$/s, "");
        if (targets.has(target) && /^[\x21-\x7e]+$/.test(path)) expect(answer.status).toBe(200);
        else {
          expect([400, 404]).toContain(answer.status);
          expect(answer.body).not.toContain(SECRET);
        }
      };
      for (let round = 0; round < 500; round++)
        await Promise.all(Array.from({ length: 100 }, askOnce));
      agent.destroy();
      expect(requestCount).toBe(50_000);
      expect(refusedHere).toBeLessThan(15_000);
    },
  );

  test(
    "cuts a client that sends its request too slowly, and keeps answering others meanwhile",
    { timeout: 10_000 },
    async () => {
      const serving = await servedSite(new Map(), 500);
      const started = Date.now();
      const slow = Array.from(
        { length: 50 },
        () =>
          new Promise<number>((resolve) => {
            const socket = connect(serving.port, "127.0.0.1", () => socket.write("GET / HT"));
            socket
              .resume()
              .on("error", () => undefined)
              .on("close", () => resolve(Date.now() - started));
          }),
      );
      expect(await ask(serving, { headers: { cookie: await cookieOf(serving) } })).toMatchObject({
        status: 200,
      });
      for (const elapsedMs of await Promise.all(slow)) expect(elapsedMs).toBeLessThan(5_000);
    },
  );

  test("serves the files of a model under numbers, whole, with a list of their names", async () => {
    const folder = emptyFolder();
    const big = Buffer.alloc(5_000_000, 7);
    writeFileSync(join(folder, "model.safetensors"), big);
    const file = {
      name: "model.safetensors",
      path: join(folder, "model.safetensors"),
      sizeBytes: big.length,
    };
    const serving = await servedSite(modelManifest("mine", [file]));
    const headers = { cookie: await cookieOf(serving) };
    const list = await ask(serving, { path: "/model/list.json", headers });
    expect(JSON.parse(list.body)).toEqual({
      name: "mine",
      files: [{ name: "model.safetensors", sizeBytes: big.length, path: "model/0" }],
    });
    const { status, body } = await ask(serving, { path: "/model/0", headers });
    expect([status, body.length]).toEqual([200, big.length]);
  });

  test("tells the page that the reader trusts the architecture of a model with code of its own", async () => {
    const serving = await servedSite(modelManifest("mine", [], { trustArchitecture: true }));
    const headers = { cookie: await cookieOf(serving) };
    const list = await ask(serving, { path: "/model/list.json", headers });
    expect(JSON.parse(list.body)).toEqual({ name: "mine", trustArchitecture: true, files: [] });
  });

  test.skipIf(!existsSync(PAGE))(
    "takes the engine's WASM from the engine's package where the page comes without it (needs the built page)",
    () => {
      const whole = pageManifest(PAGE);
      const bare = emptyFolder();
      cpSync(PAGE, bare, { recursive: true, filter: (path) => !path.endsWith(".wasm") });
      const wasm = (files: Manifest) =>
        [...files]
          .filter(([name]) => name.endsWith(".wasm"))
          .map(([name, file]) => [name, tag(file)]);
      expect(wasm(whole).length).toBeGreaterThan(0);
      expect(wasm(pageManifest(bare)).sort()).toEqual(wasm(whole).sort());
    },
  );

  test("serves the models of the zoo, each file under its place in it", async () => {
    const serving = await servedSite(zooManifest(ZOO));
    const headers = { cookie: await cookieOf(serving) };
    const config = "attn-2l/checkpoints/step-000000/config.json";
    const { status, body } = await ask(serving, { path: `/zoo/${config}`, headers });
    expect([status, body]).toEqual([200, readFileSync(join(ZOO, config), "utf8")]);
    expect((await ask(serving, { path: "/zoo/../package.json", headers })).status).toBe(404);
  });

  test("refuses a folder that is no built page", () => {
    expect(() => pageManifest(emptyFolder())).toThrow(/not built/);
  });
});
