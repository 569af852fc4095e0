/** @file The hub through a proxy, and with an authority of one's own, as the environment names them. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as plainRequest, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { fetchFromHub } from "../../../src/models/hub/fetchFromHub.ts";
import { hubSettings, type Environment } from "../../../src/models/hub/hubSettings.ts";
import { exactly } from "../../../src/models/hub/wantedFiles.ts";
import { emptyFolder } from "../../cli/cli.ts";
import { fakeHub, large, text, type FakeHub } from "./fakeHub.ts";

const FILES = [text("config.json", "{}"), large("model.safetensors", 100_000)];
const tls = (name: string) => join(import.meta.dirname, "../../fixtures/tls", name);

interface SeenRequest {
  readonly line: string;
  readonly credentials: string | undefined;
}
let hub: FakeHub;
let requests: SeenRequest[];
let servers: Server[];
let folder: string;
beforeEach(async () => {
  [folder, requests, servers] = [emptyFolder(), [], []];
  hub = await fakeHub(FILES);
});
afterEach(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

/** A proxy: whole addresses for http, tunnels for https. */
async function proxy(): Promise<string> {
  const server = createServer((request, response) => {
    const { "proxy-authorization": credentials } = request.headers;
    requests.push({ line: `${request.method} ${request.url}`, credentials });
    const through = plainRequest(request.url!, { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    through.on("error", () => response.destroy()).end();
  });
  server.on("connect", (request, socket) => {
    const { "proxy-authorization": credentials } = request.headers;
    requests.push({ line: `CONNECT ${request.url}`, credentials });
    const [host = "", port] = request.url!.split(":");
    const to = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      to.pipe(socket).pipe(to);
    });
    for (const end of [to, socket])
      end.on("error", () => [to, socket].forEach((each) => each.destroy()));
  });
  return `127.0.0.1:${await listening(server)}`;
}

/** The fake hub behind TLS, with a certificate that no authority of Node's vouches for. */
async function secureHub(): Promise<string> {
  const keys = { key: readFileSync(tls("key.pem")), cert: readFileSync(tls("cert.pem")) };
  const server = createSecureServer(keys, (request, response) => {
    const to = new URL(request.url!, hub.endpoint);
    plainRequest(to, { headers: { ...request.headers, host: to.host } }, (answer) => {
      const { location, ...headers } = answer.headers;
      response.writeHead(answer.statusCode!, { ...headers, ...(location && { location }) });
      answer.pipe(response);
    }).end();
  });
  return `https://127.0.0.1:${await listening(server)}`;
}

const fetched = (
  env: Environment,
  endpoint = hub.endpoint,
  files = exactly("config.json", "model.safetensors"),
) =>
  fetchFromHub("org/name", {
    endpoint,
    cacheDir: folder,
    env,
    files,
    retries: 0,
    timeoutMs: 5000,
  });

describe("a proxy", () => {
  test("gets whole addresses of http hubs, with the credentials of its own address", async () => {
    const { files } = await fetched({ HTTP_PROXY: `http://user:pass@${await proxy()}` });
    expect(files).toEqual(["config.json", "model.safetensors"]);
    expect(requests.map(({ line }) => line)).toContain(
      `GET ${hub.endpoint}/api/models/org/name/revision/main?blobs=true`,
    );
    expect(requests.length).toBeGreaterThanOrEqual(3); // listing, config, weights and where they redirect to
    const basic = `Basic ${Buffer.from("user:pass").toString("base64")}`;
    expect(new Set(requests.map(({ credentials }) => credentials))).toEqual(new Set([basic]));
  });

  test("gets tunnels to https hubs, whose authority REQUESTS_CA_BUNDLE names", async () => {
    const endpoint = await secureHub();
    const env = { HTTPS_PROXY: `http://${await proxy()}`, REQUESTS_CA_BUNDLE: tls("cert.pem") };
    await fetched(env, endpoint, exactly("config.json"));
    expect(requests.map(({ line }) => line)).toContain(`CONNECT ${new URL(endpoint).host}`);
  });

  test.each([
    [
      "https_proxy in lower case first",
      (at: string) => ({ http_proxy: at, HTTP_PROXY: "http://127.0.0.1:9" }),
      true,
    ],
    ["ALL_PROXY", (at: string) => ({ ALL_PROXY: at }), true],
    ["an address without http://", (at: string) => ({ HTTP_PROXY: at.slice(7) }), true],
    ["none for another scheme", (at: string) => ({ HTTPS_PROXY: at }), false],
    [
      "none for NO_PROXY by address",
      (at: string) => ({ HTTP_PROXY: at, NO_PROXY: "example.com, 127.0.0.1" }),
      false,
    ],
    [
      "none for NO_PROXY by range",
      (at: string) => ({ HTTP_PROXY: at, NO_PROXY: "127.0.0.0/8" }),
      false,
    ],
    ["none for NO_PROXY *", (at: string) => ({ HTTP_PROXY: at, no_proxy: "*" }), false],
    [
      "one for another port in NO_PROXY",
      (at: string) => ({ HTTP_PROXY: at, NO_PROXY: "127.0.0.1:1" }),
      true,
    ],
    [
      "one for another name in NO_PROXY",
      (at: string) => ({ HTTP_PROXY: at, NO_PROXY: "7.0.0.1,.org" }),
      true,
    ],
  ])("is used as Python's client uses it: %s", async (_, env, used) => {
    await fetched(env(`http://${await proxy()}`));
    expect(requests.length > 0).toBe(used);
  });

  test("is refused where its address cannot be used, without its password in the message", () => {
    const refused = () => hubSettings({ env: { HTTPS_PROXY: "socks5://me:secret@host:1" } });
    expect(refused).toThrow(InputError);
    expect(refused).toThrow(
      'a proxy needs an http or https address, HTTPS_PROXY has "socks5://host:1"',
    );
  });
});

describe("an authority of one's own", () => {
  test("is needed for a certificate that it signed, and taken without a proxy too", async () => {
    const endpoint = await secureHub();
    await expect(fetched({}, endpoint)).rejects.toThrow(
      /shows a certificate that is not trusted \(\w+\): .* in REQUESTS_CA_BUNDLE or NODE_EXTRA_CA_CERTS/,
    );
    await fetched({ SSL_CERT_FILE: tls("cert.pem") }, endpoint, exactly("config.json"));
  });

  test("is refused where its file is missing or has no certificate", () => {
    const settings = (path: string) => () => hubSettings({ env: { REQUESTS_CA_BUNDLE: path } });
    expect(settings("/nowhere.pem")).toThrow(
      "REQUESTS_CA_BUNDLE names /nowhere.pem, which cannot be read",
    );
    const empty = join(folder, "empty.pem");
    writeFileSync(empty, "");
    expect(settings(empty)).toThrow("which has no certificates (PEM)");
  });
});
