import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError, UnableError } from "../../../src/base/errors.ts";
import { fetchFromHub } from "../../../src/models/hub/fetchFromHub.ts";
import { exactly } from "../../../src/models/hub/wantedFiles.ts";
import {
  fakeHub,
  hashOf,
  large,
  OTHER_COMMIT,
  someBytes,
  type FakeHub,
  type Misbehave,
} from "./fakeHub.ts";

const FILE = large("model.safetensors", 200_000);
const SIZE = FILE.bytes.byteLength;
const flipped = FILE.bytes.slice();
flipped[1234]! ^= 1;
const page = "<!doctype html><title>Sign in to this network</title>";

/** Misbehaves wherever the file itself is sent. */
const instead =
  (answer: (response: ServerResponse, range: string | undefined) => void): Misbehave =>
  (request, response) => {
    if (!request.url!.startsWith("/blob/")) return false;
    answer(response, request.headers.range);
    return true;
  };
const sent = (
  status: number,
  headers: Record<string, string | number>,
  body?: string | Uint8Array,
) => instead((response) => response.writeHead(status, headers).end(body));
const chunked = (body: string | Uint8Array) =>
  instead((response) => {
    response.writeHead(200, { "transfer-encoding": "chunked" }).write(body);
    response.end();
  });
const api =
  (answer: (response: ServerResponse) => void): Misbehave =>
  (request, response) => {
    if (!request.url!.startsWith("/api/")) return false;
    answer(response);
    return true;
  };
const changedListing = (change: (honest: Record<string, unknown>) => unknown) => ({ change });

const HEAD = { "content-length": SIZE };
const BAD: Record<string, [Misbehave | ReturnType<typeof changedListing>, RegExp]> = {
  "one bit flipped": [sent(200, HEAD, flipped), /needs the hash .* and what arrived has/],
  "another file of the same size": [sent(200, HEAD, someBytes(SIZE, 9)), /needs the hash/],
  "cut off, with the right length announced": [
    instead((response) =>
      response
        .writeHead(200, HEAD)
        .write(FILE.bytes.subarray(0, 70_000), () => setTimeout(() => response.destroy(), 20)),
    ),
    /connection to .* failed .*; gave up after/,
  ],
  "short, and says so": [
    sent(200, { "content-length": 100 }, FILE.bytes.subarray(0, 100)),
    /needs 200000 bytes, and .* answers 100 bytes/,
  ],
  "short, in chunks": [chunked(FILE.bytes.subarray(0, 1000)), /sent 1000 of 200000 bytes; gave up/],
  "long, and says so": [
    sent(200, { "content-length": SIZE + 1 }, Buffer.concat([FILE.bytes, new Uint8Array(1)])),
    /answers 200001 bytes/,
  ],
  "long, in chunks": [
    chunked(Buffer.concat([FILE.bytes, new Uint8Array(1)])),
    /sent more than the 200000 bytes/,
  ],
  "endless, in chunks": [
    instead((response) => {
      const more = () => {
        if (!response.destroyed) response.write(someBytes(50_000), more);
      };
      response.writeHead(200);
      more();
    }),
    /sent more than the 200000 bytes/,
  ],
  "a web page with status 200": [
    sent(200, { "content-type": "text/html", "content-length": page.length }, page),
    /answers a web page, 53 bytes/,
  ],
  "a web page in chunks": [chunked(page), /sent 53 of 200000 bytes/],
  "nothing, with status 200": [sent(200, { "content-length": 0 }), /answers 0 bytes/],
  "no content (204)": [sent(204, {}), /answered 204/],
  "not modified (304)": [sent(304, {}), /answered 304/],
  "no head for too long": [instead(() => undefined), /sent nothing for 0.2 s/],
  "a body that stops": [
    instead((response) => response.writeHead(200, HEAD).write("some")),
    /sent nothing for 0.2 s/,
  ],
  "unauthorised (401)": [sent(401, {}), /needs access \(401\), and no token was sent/],
  "forbidden (403)": [sent(403, {}), /needs access \(403\)/],
  "not found (404)": [sent(404, {}), /does not exist/],
  "gone (410)": [sent(410, {}), /answered 410/],
  "too many requests (429)": [
    sent(429, { "retry-after": "0" }),
    /answered 429; gave up after 3 tries/,
  ],
  "server error (500)": [sent(500, {}), /answered 500; gave up/],
  "unavailable (503)": [sent(503, {}), /answered 503; gave up/],
  "a redirect in a circle": [
    (request, response) => {
      if (!request.url!.startsWith("/blob/")) return false;
      response.writeHead(302, { location: request.url }).end();
      return true;
    },
    /redirects more than 8 times/,
  ],
  "a redirect to a local file": [
    sent(302, { location: "file:///etc/hostname" }),
    /an address that we do not follow/,
  ],
  "a redirect to nowhere": [sent(302, {}), /an address that we do not follow/],
  "a redirect to a closed port": [
    sent(302, { location: "http://127.0.0.1:1/x" }),
    /the connection to http:\/\/127.0.0.1:1\/x failed/,
  ],
  "a part that was not asked for": [
    sent(206, { "content-range": `bytes 100-${SIZE - 1}/${SIZE}` }, FILE.bytes.subarray(100)),
    /was asked for bytes 0 to 200000, and answers bytes 100/,
  ],
  "the wrong part when it continues": [
    instead((response, range) => {
      if (!range)
        return void response
          .writeHead(200, HEAD)
          .write(FILE.bytes.subarray(0, 5000), () => setTimeout(() => response.destroy(), 20));
      response.writeHead(206, { "content-range": `bytes 0-${SIZE - 1}/${SIZE}` }).end(FILE.bytes);
    }),
    /and answers bytes 0-199999/,
  ],
  "another entity tag when it continues, each time": [
    instead((response, range) => {
      const etag = `"${Math.random()}"`; // a new one for each answer is the point
      const start = Number(range?.slice(6, -1) ?? 0);
      const head = {
        etag,
        "content-length": SIZE - start,
        "content-range": `bytes ${start}-${SIZE - 1}/${SIZE}`,
      };
      response
        .writeHead(start ? 206 : 200, head)
        .write(flipped.subarray(start, start + 3000), () =>
          setTimeout(() => response.destroy(), 20),
        );
    }),
    /gave up after/,
  ],
  "range not satisfiable (416), always": [sent(416, {}), /could not continue the file; gave up/],
  "an encoding that nobody asked for": [
    sent(200, { "content-encoding": "gzip" }, "x"),
    /encoding that was not asked for|failed/,
  ],
  "a connection closed at once": [
    instead((response) => response.destroy()),
    /connection to .* failed/,
  ],
  "no HTTP at all": [
    instead((response) => response.socket!.end("220 mail ready\r\n")),
    /connection to .* failed/,
  ],
  "a listing that is no JSON": [
    api((response) => response.writeHead(200).end(page)),
    /did not answer with JSON/,
  ],
  "a listing cut off": [
    api((response) => response.writeHead(200).end('{"sha":"0')),
    /did not answer with JSON/,
  ],
  "a listing that is an array": [
    api((response) => response.writeHead(200).end("[]")),
    /needs objects, got \[\]/,
  ],
  "a listing of 70 MB": [
    api((response) => {
      const block = Buffer.alloc(2 ** 20, " ");
      let blocks = 0;
      const more = () => {
        if (blocks++ < 70 && !response.destroyed) response.write(block, more);
        else response.end();
      };
      response.writeHead(200);
      more();
    }),
    /sent more than 67108864 bytes of JSON/,
  ],
  "a listing without files": [
    changedListing((honest) => ({ ...honest, siblings: undefined })),
    /sent no list of files/,
  ],
  "a listing without commit": [
    changedListing((honest) => ({ ...honest, sha: undefined })),
    /a commit is 40 hexadecimal digits, got undefined/,
  ],
  "a listing with the file twice": [
    changedListing((honest) => ({
      ...honest,
      siblings: [...(honest.siblings as []), ...(honest.siblings as [])],
    })),
    /lists model.safetensors of org\/name more than once/,
  ],
  "a listing with another size": [
    changedListing((honest) => ({
      ...honest,
      siblings: [{ rfilename: FILE.name, lfs: { sha256: hashOf(FILE), size: 5 } }],
    })),
    /needs 5 bytes, and .* answers 200000 bytes/,
  ],
  "a listing with a size below zero": [
    changedListing((honest) => ({
      ...honest,
      siblings: [{ rfilename: FILE.name, lfs: { sha256: hashOf(FILE), size: -1 } }],
    })),
    /needs a size in bytes, got -1/,
  ],
  "a listing with more bytes than any disk has": [
    changedListing((honest) => ({
      ...honest,
      siblings: [{ rfilename: FILE.name, lfs: { sha256: hashOf(FILE), size: 2 ** 52 } }],
    })),
    /needs 4503599.7 GB, and .* are free/,
  ],
};

let hub: FakeHub;
beforeAll(async () => void (hub = await fakeHub([FILE])));
afterAll(() => hub.close());

/** Files, links and all that is not a folder. */
const filesUnder = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  );

describe(`${Object.keys(BAD).length} bad answers leave nothing in the cache`, () => {
  for (const [name, [bad, message]] of Object.entries(BAD)) {
    test(name, async () => {
      const cacheDir = mkdtempSync(join(tmpdir(), "hub-bad-"));
      hub.setMisbehave(typeof bad === "function" ? bad : null);
      hub.listing = typeof bad === "function" ? null : bad.change;
      const options = {
        endpoint: hub.endpoint,
        cacheDir,
        env: {},
        retries: 2,
        backoffMs: 1,
        timeoutMs: 200,
      };
      const files = exactly(FILE.name);
      const error = await fetchFromHub("org/name", { ...options, files }).then(
        () => null,
        (thrown: unknown) => thrown as Error,
      );
      expect(error?.message).toMatch(message);
      expect(error instanceof InputError || error instanceof UnableError).toBe(true);
      expect(error!.message).not.toContain("signature");
      expect(filesUnder(cacheDir)).toEqual([]);

      hub.setMisbehave(null);
      hub.listing = null;
      await fetchFromHub("org/name", { ...options, timeoutMs: 20_000, files }); // and the next call is fine
      rmSync(cacheDir, { recursive: true });
    });
  }

  test("a listing for another commit than the full one that was asked for", async () => {
    const cacheDir = mkdtempSync(join(tmpdir(), "hub-bad-"));
    hub.setMisbehave(null);
    hub.listing = (honest) => honest;
    const fetching = fetchFromHub("org/name", {
      endpoint: hub.endpoint,
      cacheDir,
      env: {},
      revision: OTHER_COMMIT,
    });
    await expect(fetching).rejects.toThrow(/does not exist/);
    hub.setMisbehave((request, response) => {
      if (!request.url!.includes(OTHER_COMMIT)) return false;
      response.writeHead(307, { location: "/api/models/org/name/revision/main?blobs=true" }).end();
      return true;
    });
    const wrong = fetchFromHub("org/name", {
      endpoint: hub.endpoint,
      cacheDir,
      env: {},
      revision: OTHER_COMMIT,
    });
    await expect(wrong).rejects.toThrow(/the hub answered with commit 0123/);
    expect(filesUnder(cacheDir)).toEqual([]);
    rmSync(cacheDir, { recursive: true });
  });
});
