/** @file Which requests are answered at all, decided from their first lines: a page elsewhere must not reach the server. */

export interface RequestHead {
  readonly method: string;
  /** As sent: still encoded, with its query. */
  readonly target: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

export interface Refusal {
  readonly status: 400 | 403 | 405 | 421;
  readonly reason: string;
}

/** Hosts that the server answers to, as browsers write them: names of the loopback address with the port. */
export function hostsOf(port: number, address: string | null): ReadonlySet<string> {
  const names = ["localhost", "127.0.0.1", "[::1]"];
  if (address !== null) names.push(address.includes(":") ? `[${address}]` : address);
  return new Set(names.map((name) => (port === 80 ? name : `${name}:${port}`)));
}

/**
 * Null if the request may go on. Host must be one of `hosts` to the letter (a name that somebody else's DNS points here
 * is none of them); Origin, where there is one, must be that host; GET and HEAD read, POST opens a session and needs an
 * Origin.
 */
export function refusalOf(head: RequestHead, hosts: ReadonlySet<string>): Refusal | null {
  const { method, target, host, origin, fetchSite } = head;
  if (host === undefined || !hosts.has(host))
    return { status: 421, reason: "this server answers to its own address only" };
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, reason: "requests from other pages are refused" };
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none")
    return { status: 403, reason: "requests from other pages are refused" };
  if (!target.startsWith("/") || target.startsWith("//") || !/^[\x21-\x7e]+$/.test(target))
    return { status: 400, reason: "the path is not one" };
  if (method === "GET" || method === "HEAD") return null;
  if (method !== "POST") return { status: 405, reason: "only GET, HEAD and POST are known" };
  if (origin === undefined) return { status: 403, reason: "POST needs an Origin" };
  return null;
}
