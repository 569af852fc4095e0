import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { ablate, load, openEngine, score } from "../../src/index.ts";
import { describePage, live, value } from "./openPage.ts";

const NAME = "zoo:attn-2l";
/** A software adapter takes a second for what WASM does in a hundredth. */
const SOFTWARE_MS = 240_000;
const HASH = `#view=heads&model=${NAME}&head=1.0`;
const ON_WEBGPU = `${HASH}&device=webgpu`;

/** The engine that the page says it runs on, with its reason. */
async function engine(tab: Page): Promise<{ readonly name: string; readonly words: string }> {
  await live(tab, SOFTWARE_MS);
  const line = tab.locator("[data-engine]");
  return { name: (await line.getAttribute("data-engine"))!, words: (await line.textContent())! };
}

async function expectScores(tab: Page): Promise<void> {
  const model = await load(NAME);
  const { scores } = await score(model, { backend: await openEngine() });
  await model.close();
  const values = await tab
    .locator("[role=gridcell]")
    .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLElement).dataset["value"])));
  expect(values).toHaveLength(scores.induction.flat().length);
  scores.induction.flat().forEach((value, at) => expect(values[at]).toBeCloseTo(value, 4));
}

/** Lines put before the script of the engine's thread. */
const inThread = (lines: string) => (tab: Page) =>
  tab.route("**/worker-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${lines}\n${await response.text()}` });
  });

describePage("the explorer in a browser without WebGPU", (open) => {
  test.each([
    ["", HASH],
    [", where the address asks for WebGPU too", ON_WEBGPU],
  ])("runs on WASM, says that there is no adapter and why there is one thread%s", async (_, at) => {
    const { tab, errors } = await open(at);
    const { name, words: words } = await engine(tab);
    expect(name).toBe("WASM, 1 thread");
    expect(words).toContain("this browser has no WebGPU adapter");
    expect(words).toContain("not cross-origin isolated, so WASM has one thread");
    expect(errors).toEqual([]);
    await tab.close();
  });
});

describePage(
  "the explorer in a browser with WebGPU",
  (open) => {
    test("runs a small model on WASM of itself, and says that it gains nothing elsewhere", async () => {
      const { tab, errors } = await open(HASH);
      const { name, words } = await engine(tab);
      expect(name).toBe("WASM, 1 thread");
      expect(words).toContain("since a model as small as this gains nothing elsewhere");
      expect(errors).toEqual([]);
      await tab.close();
    });

    test(
      "runs on WebGPU where the address asks for it, once it gave what WASM gives, with the numbers of the command line and the losses of the ablation study for a head that is switched off",
      { timeout: SOFTWARE_MS, tags: ["slow"] },
      async () => {
        const { tab, errors, elsewhere } = await open(ON_WEBGPU);
        const { name, words: words } = await engine(tab);
        expect(words).toMatch(/differs from WASM by \d\.\de-\d+ where 0\.0001 is allowed/);
        expect(name).toMatch(/^WebGPU \(.+\)$/);
        await expectScores(tab);
        await tab.locator("nav").getByRole("button", { name: "Surgery" }).click();
        await tab.getByRole("button", { name: "Zero", exact: true }).click();
        const model = await load(NAME);
        const backend = await openEngine();
        const study = await ablate(model, { backend, kind: "zero", sets: [["1.0"]] });
        await expect
          .poll(() => value(tab, '[data-loss="secondCopy.after"]'), { timeout: 60_000 })
          .toBeCloseTo(study.loss.secondCopy + study.sets[0]!.secondCopy, 4);
        await model.close();
        expect(errors).toEqual([]);
        expect(elsewhere).toEqual([]);
        await tab.close();
      },
    );

    test(
      "runs on WASM where the adapter computes something else, and says by how much",
      { tags: ["slow"] },
      async () => {
        const wrong = inThread(`{
        const make = GPUDevice.prototype.createShaderModule;
        GPUDevice.prototype.createShaderModule = function (shader) {
          return make.call(this, { ...shader, code: shader.code.replaceAll("exp(", "exp2(") });
        };
      }`);
        const { tab } = await open(ON_WEBGPU, undefined, wrong);
        const { name, words: words } = await engine(tab);
        expect(name).toBe("WASM, 1 thread");
        expect(words).toMatch(/WebGPU failed its self-check by \S+ where 0\.0001 is allowed/);
        await expectScores(tab);
        await tab.close();
      },
    );

    test("runs on WASM where the adapter cannot run the model, and says what it said", async () => {
      const broken = inThread(`GPUAdapter.prototype.requestDevice = async () => {
        throw new Error("this device is lost");
      };`);
      const { tab } = await open(ON_WEBGPU, undefined, broken);
      const { name, words: words } = await engine(tab);
      expect(name).toBe("WASM, 1 thread");
      expect(words).toContain("WebGPU could not run this model (");
      await expectScores(tab);
      await tab.close();
    });
  },
  ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
);
