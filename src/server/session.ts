/** @file Who may see what is served: whoever has the token of the address that the command printed. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { text, type ServedFile } from "./manifest.ts";

export interface Session {
  /** In the address after `#`, where it reaches no server's log. */
  readonly token: string;
  readonly opens: (token: unknown) => boolean;
  /** Whether a Cookie header carries the session. */
  readonly has: (cookies: string | undefined) => boolean;
  readonly cookie: string;
}

/** @param port cookies of one host go to all its ports, so each has its own name */
export function newSession(port: number): Session {
  const token = randomBytes(32).toString("base64url");
  const secret = randomBytes(32).toString("base64url");
  const name = `induction-lens-${port}`;
  return {
    token,
    opens: (attempt) => typeof attempt === "string" && same(attempt, token),
    has: (cookies = "") =>
      cookies.split(";").some((cookie) => same(cookie.trim(), `${name}=${secret}`)),
    cookie: `${name}=${secret}; Path=/; HttpOnly; SameSite=Strict`,
  };
}

function same(a: string, b: string): boolean {
  const digest = (value: string) => createHash("sha256").update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The page for a request without this server's cookie, such as one from a copied link. */
export const STRANGERS_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>induction-lens: not open to this browser</title><link rel="icon" href="data:,"></head>
<body><main><h1>This explorer is not open to this browser</h1>
<p>It is served by <code>induction-lens explore</code> to whoever opened the address that the command printed: that has a token, which a copied link does not.</p>
<p>In the browser that has it open, the link works while the command runs. For others, <code>induction-lens explore --share FOLDER</code> makes a folder whose links work on any host.</p>
</main></body></html>
`;

/** The page that the printed address opens: it hands the token in and goes on to the explorer. */
export const OPEN_PAGE: ReadonlyMap<string, ServedFile> = new Map([
  [
    "/open",
    text(
      "text/html; charset=utf-8",
      `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>induction-lens</title><link rel="icon" href="data:,"><script type="module" src="/open.js"></script></head>
<body><p role="status">Opening the explorer. This needs JavaScript.</p></body></html>
`,
    ),
  ],
  [
    "/open.js",
    text(
      "text/javascript; charset=utf-8",
      `const given = new URLSearchParams(location.hash.slice(1));
const token = given.get("token");
given.delete("token");
const answer = await fetch("/session", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) });
const rest = given.toString();
if (answer.ok) location.replace(rest ? "/#" + rest : "/");
else document.querySelector("p").textContent = "This address has expired or is not complete. Open the one that the command printed last.";
`,
    ),
  ],
]);
