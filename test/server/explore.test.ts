/** @file `induction-lens explore` as a user starts it, and the page that it serves in a real browser. */
import { cpSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ScoreResult } from "../../src/index.ts";
import { cli, emptyFolder, started } from "../cli/cli.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const LLAMA = join(import.meta.dirname, "../../zoo/llama-gqa/checkpoints/step-001500");
const built = existsSync(join(import.meta.dirname, "../../explorer/dist/index.html"));
const page = built ? describe : describe.skip;

/** The command with `--no-open`, once it serves: its address, and its end by Ctrl-C. */
async function exploring(...args: string[]) {
  const { child, end, printed } = started(emptyFolder(), ["explore", "--no-open", ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const address = new Promise<string>((resolve) =>
    child.stdout!.once("data", (text: string) => resolve(text.trim())),
  );
  await printed("Ctrl-C ends it");
  const stop = () => {
    child.kill("SIGINT");
    return end;
  };
  return { address: await address, stop };
}

page("induction-lens explore", { timeout: 60_000 }, () => {
  test("prints an address with a token and ends well by Ctrl-C", async () => {
    const { stop } = await exploring();
    const { code, stdout } = await stop();
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open#token=[\w-]{43}\n$/);
    expect(code).toBe(0);
  });

  test("names the model that it starts with in the address", async () => {
    const { stop } = await exploring("planted:induction");
    expect((await stop()).stdout).toMatch(/&model=planted%3Ainduction\n$/);
  });

  test("refuses a model that is none, a host that is no address and a port that is none", async () => {
    const refused = async (...args: string[]) =>
      cli(emptyFolder(), ["explore", "--no-open", ...args]);
    expect(await refused("./nothing")).toMatchObject({ code: 2, stdout: "" });
    expect(await refused("--host", "evil.example")).toMatchObject({ code: 2, stdout: "" });
    expect(await refused("--port", "70000")).toMatchObject({ code: 2, stdout: "" });
  });

  test("says that a port is taken", async () => {
    const server = createServer();
    const port = await new Promise<number>((ready) =>
      server.listen(0, "127.0.0.1", () => ready((server.address() as { port: number }).port)),
    );
    onTestFinished(() => void server.close());
    const { code, stderr } = await cli(emptyFolder(), [
      "explore",
      "--no-open",
      "--port",
      String(port),
    ]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`port ${port} is taken`)]);
  });

  test.skipIf(!existsSync(CHROMIUM))(
    "serves a folder's model, with the numbers of `score --json`, and lets the page fetch from the hub alone (needs Chromium)",
    async () => {
      const folder = emptyFolder();
      cpSync(LLAMA, join(folder, "mine"), { recursive: true });
      const scored = await cli(folder, ["score", "mine", "--json"]);
      const { scores } = JSON.parse(scored.stdout) as ScoreResult;
      const { address } = await exploring(join(folder, "mine"));
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
      onTestFinished(() => browser.close());
      const tab = await browser.newPage();
      const origins: string[] = [];
      await tab.route(/^https:/, async (route) => {
        origins.push(new URL(route.request().url()).origin);
        await route.fulfill({ status: 404, headers: { "access-control-allow-origin": "*" } });
      });
      await tab.goto(address);
      await tab.getByText("Live numbers").waitFor({ timeout: 40_000 });
      await tab.getByRole("button", { name: "Heads", exact: true }).click();
      await tab.locator("[role=gridcell]").first().waitFor();
      const values = await tab
        .locator("[role=gridcell]")
        .evaluateAll((all) => all.map((cell) => Number((cell as HTMLElement).dataset["value"])));
      expect(values).toHaveLength(scores.induction.flat().length);
      scores.induction.flat().forEach((value, at) => expect(values[at]).toBeCloseTo(value, 4));
      await tab.getByRole("button", { name: "Open a model …" }).click();
      await tab.getByLabel("Or the name of a model of the hub").fill("org/tiny");
      await tab.getByRole("button", { name: "Fetch it" }).click();
      await tab.getByText("the hub has no /api/models/org/tiny").waitFor();
      const elsewhere = await tab.evaluate(
        "fetch('https://example.org/').then(() => 'fetched', () => 'refused')",
      );
      expect([elsewhere, origins]).toEqual(["refused", ["https://huggingface.co"]]);
    },
  );

  test.skipIf(!existsSync(CHROMIUM))(
    "serves a page that is isolated, computes, and asks nothing of elsewhere (needs Chromium)",
    async () => {
      const { address } = await exploring();
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
      onTestFinished(() => browser.close());
      const tab = await browser.newPage();
      const faults: string[] = [];
      tab.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      tab.on("pageerror", (error) => faults.push(String(error)));
      const { origin } = new URL(address);
      tab.on("request", (request) => {
        if (!request.url().startsWith(origin) && !request.url().startsWith("blob:"))
          faults.push(request.url());
      });
      await tab.goto(address);
      await tab.getByText("Live numbers").waitFor({ timeout: 40_000 });
      expect(await tab.evaluate("crossOriginIsolated")).toBe(true);
      expect(tab.url()).not.toContain("token");
      expect(faults).toEqual([]);
    },
  );
});
