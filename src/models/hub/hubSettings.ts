/** @file Where the hub and the cache are, from options and from the environment variables that Python's client reads. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { InputError } from "../../base/errors.ts";
import { PUBLIC_HUB } from "./listing.ts";
import { transport, type Fetch } from "./transport.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What to set instead of the environment. */
export interface HubOptions {
  /** Address of the hub; `HF_ENDPOINT`, else the public hub. */
  readonly endpoint?: string | undefined;
  /** Folder of the cache; `HF_HUB_CACHE`, else `hub` in `HF_HOME`. */
  readonly cacheDir?: string | undefined;
  /** Access token, or false for none; `HF_TOKEN`, else the token file of `HF_HOME`. */
  readonly token?: string | false | undefined;
  /** Make no request at all; `HF_HUB_OFFLINE`. */
  readonly offline?: boolean | undefined;
  /** Longest silence of a server, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a request that brought nothing new is tried again. Default 5. */
  readonly retries?: number | undefined;
  /** Wait before the first new try, in milliseconds; doubles each time. Default 500. */
  readonly backoffMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default `process.env`. */
  readonly env?: Environment | undefined;
}

/** Options with every question answered. */
export interface HubSettings {
  readonly endpoint: string;
  readonly cacheDir: string;
  readonly token: string | null;
  readonly offline: boolean;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly backoffMs: number;
  readonly signal: AbortSignal | undefined;
  /** Sends a request, through a proxy where the environment names one. */
  readonly fetch: Fetch;
}

/**
 * Options, completed from the environment and from defaults.
 *
 * @throws {InputError} "hub-settings" for an address that is not http(s), or a token that cannot be sent
 */
export function hubSettings(options: HubOptions = {}): HubSettings {
  const env = options.env ?? process.env;
  return {
    endpoint: checkedEndpoint(options.endpoint ?? (env.HF_ENDPOINT || PUBLIC_HUB)),
    cacheDir: resolve(options.cacheDir ?? hubCacheFolder(env)),
    token: options.token === false ? null : checkedToken(options.token ?? implicitToken(env)),
    offline: options.offline ?? isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    timeoutMs: options.timeoutMs ?? 30_000,
    retries: options.retries ?? 5,
    backoffMs: options.backoffMs ?? 500,
    signal: options.signal,
    fetch: transport(env),
  };
}

/** The folder that holds downloaded models: the one that Python uses under the same environment. */
export function hubCacheFolder(env: Environment = process.env): string {
  return expandPath(
    env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(homeOfHub(env), "hub"),
    env,
  );
}

function homeOfHub(env: Environment): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return expandPath(env.HF_HOME || join(cache, "huggingface"), env);
}

function implicitToken(env: Environment): string | null {
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return null;
  const token = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN;
  if (token) return token;
  try {
    return readFileSync(
      expandPath(env.HF_TOKEN_PATH || join(homeOfHub(env), "token"), env),
      "utf8",
    );
  } catch {
    return null; // most people have none
  }
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new InputError("hub-settings", `the hub needs an http or https address, got ${endpoint}`);
  }
  return url.href.replace(/\/+$/, "");
}

function checkedToken(token: string | null): string | null {
  const trimmed = token?.trim() ?? "";
  if (trimmed === "") return null;
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new InputError("hub-settings", "a hub token needs to be one word of plain characters");
  }
  return trimmed;
}

function isTrue(value: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes((value ?? "").toUpperCase());
}

/** `~` and `$NAME` at their value, as Python's client reads paths. */
function expandPath(path: string, env: Environment): string {
  return path
    .replace(/^~(?=\/|\\|$)/, env.HOME || homedir())
    .replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, plain, braced) => env[plain ?? braced] ?? whole);
}
