/** @file Raw requests to a server under test: node's own client sends any Host, Origin, method and path as they are. */
import type { Agent } from "node:http";
import { request, type IncomingHttpHeaders } from "node:http";
import { onTestFinished } from "vitest";
import { text, type ServedFile } from "../../src/server/manifest.ts";
import { serve, type Serving } from "../../src/server/server.ts";

export const SECRET = "byte that only the manifest has";

/** A server with a page of two files and a model's list. */
export async function servedSite(
  more: ReadonlyMap<string, ServedFile> = new Map(),
  patienceMs?: number,
): Promise<Serving> {
  const manifest = new Map([
    ["/", text("text/html", SECRET)],
    ["/assets/index-abcdefgh.js", text("text/javascript", SECRET)],
    ["/model/list.json", text("application/json", SECRET)],
    ...more,
  ]);
  const serving = await serve(manifest, {
    port: 0,
    host: null,
    ...(patienceMs !== undefined && { patienceMs }),
  });
  onTestFinished(() => serving.close());
  return serving;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  readonly agent?: Agent;
}

export function ask({ port }: Serving, options: AskOptions = {}): Promise<Answer> {
  const { method = "GET", path = "/", headers = {}, body, agent } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        setHost: false,
        headers: { host: `127.0.0.1:${port}`, ...headers } as Record<string, string>,
        ...(agent && { agent }),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: text }),
        );
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

export function tokenOf(serving: Serving): string {
  return new URLSearchParams(new URL(serving.address()).hash.slice(1)).get("token")!;
}

/** The cookie of a session that was opened as the page opens it. */
export async function cookieOf(serving: Serving): Promise<string> {
  const { headers } = await openSession(serving, JSON.stringify({ token: tokenOf(serving) }));
  return headers["set-cookie"]![0]!.split(";")[0]!;
}

export function openSession(serving: Serving, body: string, more: AskOptions["headers"] = {}) {
  const origin = `http://127.0.0.1:${serving.port}`;
  const headers = { origin, "content-type": "application/json", ...more };
  return ask(serving, { method: "POST", path: "/session", headers, body });
}
