/** @file The server of the explorer: static files from a manifest, on the loopback address, for whoever has the token. */
import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { UnableError } from "../base/errors.ts";
import { tagOf, type Manifest, type ServedFile } from "./manifest.ts";
import { hostsOf, refusalOf } from "./rules.ts";
import { newSession, OPEN_PAGE, STRANGERS_PAGE, type Session } from "./session.ts";

export interface ServeOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Address to listen on beside the loopback address's names; null: loopback only. */
  readonly host: string | null;
  /** How long a client may take to send a request, or a response may stand still; left out: 15 seconds. */
  readonly patienceMs?: number | undefined;
}

export interface Serving {
  readonly port: number;
  /** The address to open, with the token. @param state what the page starts with, as `model=zoo:attn-2l` */
  readonly address: (state?: string) => string;
  readonly close: () => Promise<void>;
}

const MAX_BODY_BYTES = 4096;
const MAX_CONNECTIONS = 256;

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self' blob: https://huggingface.co https://*.huggingface.co https://*.hf.co; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** @throws {UnableError} if the port is taken or the address is not this machine's */
export async function serve(
  manifest: Manifest,
  { port, host, patienceMs = 15_000 }: ServeOptions,
): Promise<Serving> {
  const server = createServer({
    connectionsCheckingInterval: Math.min(1000, patienceMs),
    headersTimeout: patienceMs,
    requestTimeout: patienceMs,
    keepAliveTimeout: 5000,
    maxHeaderSize: 8192,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = patienceMs;
  await listening(server, port, host ?? "127.0.0.1");
  const bound = (server.address() as { port: number }).port;
  const session = newSession(bound);
  const hosts = hostsOf(bound, host);
  server.on("request", (request, response) => {
    answer(request, response, { manifest, session, hosts }).catch(() => response.destroy());
  });
  const name = host === null || /^(0\.0\.0\.0|::)$/.test(host) ? "127.0.0.1" : host;
  const hostName = name.includes(":") ? `[${name}]` : name;
  return {
    port: bound,
    address: (state) =>
      `http://${hostName}:${bound}/open#token=${session.token}${state ? `&${state}` : ""}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((ready, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      failed(
        new UnableError(
          error.code === "EADDRINUSE"
            ? `port ${port} is taken; leave --port out for a free one`
            : `cannot listen on ${host}: ${error.code ?? error.message}`,
          { cause: error },
        ),
      ),
    );
    server.listen(port, host, ready);
  });
}

interface Site {
  readonly manifest: Manifest;
  readonly session: Session;
  readonly hosts: ReadonlySet<string>;
}

async function answer(request: IncomingMessage, response: ServerResponse, site: Site) {
  const { method = "", url = "", headers } = request;
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const single = (value: string | string[] | undefined) =>
    Array.isArray(value) ? value.join() : value;
  const refusal = refusalOf(
    {
      method,
      target: url,
      host: hasRepeatedHeader(request, "host") ? undefined : headers.host,
      origin: headers.origin,
      fetchSite: single(headers["sec-fetch-site"]),
    },
    site.hosts,
  );
  if (refusal) return say(response, refusal.status, refusal.reason);
  const path = url.replace(/[?].*$/s, "");
  if (method === "POST") {
    if (path !== "/session") return say(response, 404, "there is no such thing here");
    return openSession(request, response, site.session);
  }
  const open = OPEN_PAGE.get(path);
  if (open) return send(request, response, open);
  if (!site.session.has(headers.cookie)) return refuseStranger(request, response);
  const file = site.manifest.get(path);
  if (!file) return say(response, 404, "there is no such file here");
  return send(request, response, file);
}

/** Without the cookie: a reader gets a page that says what to do, a script one line. */
function refuseStranger({ headers }: IncomingMessage, response: ServerResponse): void {
  if (!/\btext\/html\b/.test(headers.accept ?? ""))
    return say(response, 401, "open the address that the command printed: it has the token");
  response.writeHead(401, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
  });
  response.end(STRANGERS_PAGE);
}

function hasRepeatedHeader({ rawHeaders }: IncomingMessage, name: string): boolean {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name).length > 1;
}

async function openSession(request: IncomingMessage, response: ServerResponse, session: Session) {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
    return say(response, 415, "a session is opened with JSON");
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > MAX_BODY_BYTES) return say(response, 413, "the request is too large");
    parts.push(part);
  }
  const token = tokenIn(Buffer.concat(parts).toString("utf8"));
  if (!session.opens(token)) return say(response, 401, "the token is not the one that was printed");
  response.writeHead(204, { "set-cookie": session.cookie, "cache-control": "no-store" }).end();
}

function tokenIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { token?: unknown } | null)?.token;
  } catch {
    return null;
  }
}

async function send(request: IncomingMessage, response: ServerResponse, file: ServedFile) {
  const tag = tagOf(file);
  response.setHeader("etag", tag);
  response.setHeader(
    "cache-control",
    file.lasting ? "private, max-age=31536000, immutable" : "private, no-cache",
  );
  if (request.headers["if-none-match"] === tag) return void response.writeHead(304).end();
  response.writeHead(200, { "content-type": file.type, "content-length": file.sizeBytes });
  if (request.method === "HEAD") return void response.end();
  if (file.body) return void response.end(file.body);
  // A file that grows or shrinks meanwhile would not fit its length; the connection is then cut, never padded.
  await pipeline(createReadStream(file.path!, { end: file.sizeBytes - 1 }), response);
}

/** After a refused POST the connection ends, so that a body that nobody reads is not sent for nothing. */
function say(response: ServerResponse, status: number, words: string): void {
  const reads = /^(GET|HEAD)$/.test(response.req.method ?? "");
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    ...(!reads && { connection: "close" }),
  });
  response.end(`${words}\n`);
}
