/**
 * @file Requests to the hub. Redirects are followed by hand, so that the token goes to the hub's own origin and to no
 * other; every answer has a time limit on silence; what may succeed later is a `TryAgain`.
 */
import { AbortError, InputError, throwIfAborted, UnableError } from "../../base/errors.ts";
import type { HubSettings } from "./hubSettings.ts";

/** A failure that another try may mend: no connection, a server in trouble, a body that broke off. */
export class TryAgain extends Error {
  override readonly name = "TryAgain";
  /** What the server asked us to wait, if it did. */
  readonly waitMs: number | null;

  constructor(message: string, waitMs: number | null = null, options?: ErrorOptions) {
    super(message, options);
    this.waitMs = waitMs;
  }
}

/** An answer whose body has not been read. Read `chunks` to the end or call `close`. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Address without its query, which may hold a signature, for messages. */
  readonly place: string;
  readonly origin: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): void;
}

const MOST_REDIRECTS = 8;
const LONGEST_WAIT_MS = 60_000;

/**
 * One GET of `url`, through redirects. Statuses other than 200, 206 and 416 become errors.
 *
 * @throws {InputError} "hub-refused", "hub-not-found", "hub-answer"
 * @throws {TryAgain} for failures that may pass
 */
export async function ask(
  settings: HubSettings,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const home = new URL(settings.endpoint);
  let at = new URL(url);
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const token = at.origin === home.origin && settings.token;
    const answer = await askOnce(settings, at, {
      "accept-encoding": "identity",
      ...headers,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    });
    if (![301, 302, 303, 307, 308].includes(answer.status)) return checkedAnswer(answer, settings);
    answer.close();
    at = redirectTarget(at, answer);
  }
  throw new InputError("hub-answer", `${placeOf(at)} redirects more than ${MOST_REDIRECTS} times`);
}

/**
 * Calls `attempt` until it succeeds, waiting longer each time. `attempt` tells through `progressed` that it brought
 * something new, which gives it all its tries again.
 */
export async function retryRequest<Value>(
  settings: HubSettings,
  attempt: (progressed: () => void) => Promise<Value>,
): Promise<Value> {
  let failures = 0;
  for (;;) {
    throwIfAborted(settings.signal);
    try {
      return await attempt(() => (failures = 0));
    } catch (error) {
      throwIfAborted(settings.signal);
      if (!(error instanceof TryAgain)) throw error;
      if (failures >= settings.retries) {
        throw new UnableError(`${error.message}; gave up after ${failures + 1} tries`, {
          cause: error,
        });
      }
      const waitMs = error.waitMs ?? settings.backoffMs * 2 ** failures;
      await pause(Math.min(waitMs, LONGEST_WAIT_MS), settings.signal);
      failures++;
    }
  }
}

/** Waits; ends early with an error when `signal` fires. */
export async function pause(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((done, stopped) => {
    const stop = () => {
      clearTimeout(timer);
      stopped(new AbortError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      done();
    }, waitMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** The whole body as JSON, refused if it is longer than `mostBytes`. */
export async function jsonOf(answer: Answer, mostBytes: number): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.chunks) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) {
      answer.close();
      throw new InputError(
        "hub-answer",
        `${answer.place} sent more than ${mostBytes} bytes of JSON`,
      );
    }
    parts.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (cause) {
    throw new InputError("hub-answer", `${answer.place} did not answer with JSON`, { cause });
  }
}

async function askOnce(
  { timeoutMs, signal, fetch: send }: HubSettings,
  url: URL,
  headers: Record<string, string>,
): Promise<Answer> {
  const control = new AbortController();
  const place = placeOf(url);
  const silence = () =>
    control.abort(new TryAgain(`${place} sent nothing for ${timeoutMs / 1000} s`));
  const timer = setTimeout(silence, timeoutMs);
  const signals = signal ? [signal, control.signal] : [control.signal];
  try {
    const response = await send(url, {
      headers,
      redirect: "manual",
      signal: AbortSignal.any(signals),
    });
    return {
      status: response.status,
      headers: response.headers,
      place,
      origin: url.origin,
      chunks: chunksOf(response, timer, place, signal),
      close: () => {
        clearTimeout(timer);
        control.abort();
      },
    };
  } catch (error) {
    clearTimeout(timer);
    throw connectionError(error, place, signal);
  }
}

async function* chunksOf(
  response: Response,
  timer: NodeJS.Timeout,
  place: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      yield chunk as Uint8Array;
      timer.refresh();
    }
  } catch (error) {
    throw connectionError(error, place, signal);
  } finally {
    clearTimeout(timer);
  }
}

function connectionError(error: unknown, place: string, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return new AbortError(signal?.reason);
  if (error instanceof TryAgain) return error;
  const cause =
    error instanceof Error
      ? ((error.cause as { code?: string } | undefined)?.code ?? error.message)
      : "";
  if (cause === "ENOTFOUND" || cause === "EAI_AGAIN")
    return new UnableError(
      `the name ${new URL(place).hostname} cannot be resolved (${cause}): there is no network, or a proxy is needed (HTTPS_PROXY)`,
      { cause: error },
    );
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS/.test(cause))
    return new UnableError(
      `${place} shows a certificate that is not trusted (${cause}): a network that opens TLS needs its authority named, in REQUESTS_CA_BUNDLE or NODE_EXTRA_CA_CERTS`,
      { cause: error },
    );
  return new TryAgain(`the connection to ${place} failed (${cause})`, null, { cause: error });
}

function redirectTarget(from: URL, answer: Answer): URL {
  const location = answer.headers.get("location") ?? "";
  const to = location !== "" && URL.canParse(location, from) ? new URL(location, from) : null;
  const fine =
    to &&
    (to.protocol === from.protocol || to.protocol === "https:") &&
    /^https?:$/.test(to.protocol);
  if (!fine || to.username !== "") {
    throw new InputError(
      "hub-answer",
      `${answer.place} redirects to an address that we do not follow`,
    );
  }
  return to;
}

function checkedAnswer(answer: Answer, settings: HubSettings): Answer {
  const { status, headers, place } = answer;
  if (status === 200 || status === 206 || status === 416) return answer;
  answer.close();
  const reason = headers.get("x-error-code") ?? "";
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(headers.get("retry-after") ?? Number.NaN);
    throw new TryAgain(`${place} answered ${status}`, seconds >= 0 ? seconds * 1000 : null);
  }
  throw refusal(status, reason, place, settings);
}

function refusal(
  status: number,
  reason: string,
  place: string,
  { token }: HubSettings,
): InputError {
  const used = token ? "the token that was sent does not give it" : "no token was sent (HF_TOKEN)";
  if (status === 404 || /NotFound/.test(reason)) {
    const private_ = token ? "" : ", or it is private and needs a token (HF_TOKEN)";
    return new InputError("hub-not-found", `${place} does not exist${private_}`);
  }
  if (status === 401 || status === 403) {
    return new InputError("hub-refused", `${place} needs access (${status}), and ${used}`);
  }
  return new InputError("hub-answer", `${place} answered ${status}`);
}

const placeOf = (url: URL) => `${url.origin}${url.pathname}`;
