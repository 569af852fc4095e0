/** @file How requests leave this machine: straight, or through the proxy and with the authorities that the environment names. */
import { readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import { InputError } from "../../base/errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** As `fetch`, for what we ask of it. */
export type Fetch = (
  url: URL,
  init: {
    readonly headers: Record<string, string>;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

/**
 * `fetch`, or what does the same through the proxy that the environment names, as Python's client honours it:
 * `HTTPS_PROXY`, `HTTP_PROXY` (by the scheme of the address asked), else `ALL_PROXY`, in lower case first; not for hosts that
 * `NO_PROXY` lists; with the authorities of `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE` beside those of Node and
 * `NODE_EXTRA_CA_CERTS`.
 *
 * @throws {InputError} "hub-settings" for a proxy that is not an http address, or certificates that cannot be read
 */
export function transport(env: Environment): Fetch {
  const ca = authorities(env);
  const proxies = ["http:", "https:"].map((protocol) => proxyOf(protocol, env));
  if (ca === null && proxies.every((proxy) => proxy === null))
    return (url, init) => fetch(url, init);
  const agents = new Map<string, Promise<Dispatcher>>();
  return async (url, init) => {
    const undici = await import("undici"); // only users with a proxy wait for it
    const proxy = isDirect(url, env) ? null : proxyOf(url.protocol, env);
    const key = `${url.protocol} ${proxy?.href ?? ""}`;
    const agent =
      agents.get(key) ??
      Promise.resolve(
        proxy
          ? new undici.ProxyAgent({
              uri: proxy.href,
              proxyTunnel: url.protocol === "https:",
              ...(ca && { requestTls: { ca }, proxyTls: { ca } }),
            })
          : new undici.Agent(ca ? { connect: { ca } } : {}),
      );
    agents.set(key, agent);
    return undici.fetch(url, { ...init, dispatcher: await agent }) as unknown as Promise<Response>;
  };
}

function valueOf(name: string, env: Environment): string {
  return env[name.toLowerCase()] || env[name] || "";
}

function proxyOf(protocol: string, env: Environment): URL | null {
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const text = valueOf(name, env) || valueOf("ALL_PROXY", env);
  if (text === "") return null;
  const address = /^[a-z][\w+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new InputError(
    "hub-settings",
    `a proxy needs an http or https address, ${valueOf(name, env) ? name : "ALL_PROXY"} has ${JSON.stringify(text.replace(/\/\/[^@/]*@/, "//"))}`,
  );
}

/** Whether `NO_PROXY` has the host of `url`: a name with all names under it, an address, a range of addresses, or *. */
function isDirect({ hostname, port, protocol }: URL, env: Environment): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const ownPort = port || (protocol === "https:" ? "443" : "80");
  return valueOf("NO_PROXY", env)
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      if (entry.includes("/")) return inRange(host, entry);
      const [, name = entry, only] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (isIP(entry) !== 6 && only !== undefined && only !== ownPort) return false;
      const suffix = (isIP(entry) === 6 ? entry.toLowerCase() : name).replace(/^\*?\./, "");
      return host === suffix || host.endsWith(`.${suffix}`);
    });
}

function inRange(host: string, range: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const kind = isIP(network);
  if (kind === 0 || isIP(host) !== kind) return false;
  const type = kind === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  try {
    list.addSubnet(network, Number(bits), type);
  } catch {
    return false; // not a number of bits
  }
  return list.check(host, type);
}

/** Certificates of the environment's bundle beside the usual ones; null where it names none. */
function authorities(env: Environment): string[] | null {
  const names = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];
  const name = names.find((each) => env[each]);
  if (name === undefined) return null;
  const extra = env.NODE_EXTRA_CA_CERTS ? [pemIn("NODE_EXTRA_CA_CERTS", env)] : [];
  return [...rootCertificates, ...extra, pemIn(name, env)];
}

function pemIn(name: string, env: Environment): string {
  const path = env[name]!;
  try {
    const text = readFileSync(path, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  } catch (cause) {
    throw new InputError("hub-settings", `${name} names ${path}, which cannot be read`, { cause });
  }
  throw new InputError("hub-settings", `${name} names ${path}, which has no certificates (PEM)`);
}
