/** @file `phase` over the revisions of a hub model, from a hub of our own: the zoo's run in the layout of Pythia. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { phaseResult } from "../../src/studies/phase/result.ts";
import { fakeHub, type FakeHub } from "../models/hub/fakeHub.ts";
import { cli, emptyFolder, pathsIn, started } from "./cli.ts";
import { neoxFiles, ZOO_STEPS } from "./neoxRun.ts";

const ID = "org/pythia-tiny";
const QUICK = ["--num-examples", "8", "--threads", "1"];

describe("induction-lens phase over the revisions of a hub model", () => {
  let hub: FakeHub;
  let branches: Map<string, ReturnType<typeof neoxFiles>>;
  beforeAll(async () => {
    // as text, step1000 comes before step25: the order of the list is nobody's order
    const names = ZOO_STEPS.filter((step) => step !== 1000).map((step) => `step${step}`);
    branches = new Map(
      names.toSorted().map((name) => [name, neoxFiles(Number(name.slice(4)))] as const),
    );
    branches.set("steps-old", neoxFiles(0));
    hub = await fakeHub(neoxFiles(1000), branches); // of which step1000 is a tag
  });
  afterAll(() => hub.close());

  const settings = (folder: string) => ({
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: join(folder, ".cache", "hf"),
  });
  const downloads = () =>
    hub.requests.filter(({ host, path }) => host === "store" && path.startsWith("/blob/"));

  test(
    "finds what the same run has in the zoo, in the order of its steps, and asks nothing the second time",
    { tags: ["slow"] },
    async () => {
      const folder = emptyFolder();
      const before = downloads().length;
      const run = await cli(folder, ["phase", ID, "--json", ...QUICK], settings(folder));
      expect([run.code, run.stderr.replace(/^.*: \d+ %.*\n/gm, "")]).toEqual([0, ""]);
      expect(downloads().length - before).toBe(ZOO_STEPS.length);
      const result = phaseResult.parse(JSON.parse(run.stdout));
      const zoo = await cli(folder, ["phase", "zoo:attn-2l", "--json", ...QUICK]);
      const expected = phaseResult.parse(JSON.parse(zoo.stdout));
      expect(result.steps).toEqual(ZOO_STEPS);
      expect(result.id).toBe(ID);
      for (const name of ["induction", "previousToken"] as const)
        result.curves[name].flat(2).forEach((value, at) => {
          expect(value).toBeCloseTo(expected.curves[name].flat(2)[at]!, 5);
        });
      for (const part of ["previous", "induction", "chosenBy"] as const)
        expect(result.pair![part]).toEqual(expected.pair![part]);
      expect(Math.abs(Math.log10(result.change!.step / expected.change!.step))).toBeLessThan(0.001);

      const requests = hub.requests.length;
      const offline = await cli(
        folder,
        ["phase", ID, "--offline", "--json", "--quiet", ...QUICK],
        settings(folder),
      );
      const same = ({ timings: _, ...rest }: Record<string, unknown>) => rest;
      expect(same(JSON.parse(offline.stdout))).toEqual(same(JSON.parse(run.stdout)));
      expect(hub.requests.length).toBe(requests);
    },
  );

  test("takes as many as are asked for, evenly on a log scale, and says so", async () => {
    const folder = emptyFolder();
    const args = ["phase", ID, "--checkpoints", "5", "--json", ...QUICK];
    const { stdout, stderr } = await cli(folder, args, settings(folder));
    expect(phaseResult.parse(JSON.parse(stdout)).steps).toEqual([0, 50, 150, 450, 1500]);
    expect(stderr).toContain(`note: ${ID} has 21 revisions step*; 5 of them`);
  });

  test("downloads one file after the other and tells which; Ctrl-C keeps what is here for the next time", async () => {
    const folder = emptyFolder();
    const open = new Set<string>();
    let most = 0;
    let whole = 0;
    hub.setRate(60_000);
    hub.onSent = (path, bytes) => {
      if (!path.startsWith("/blob/")) return;
      open.add(path);
      most = Math.max(most, open.size);
      if (bytes < branches.get("step0")![1]!.bytes.byteLength) return;
      open.delete(path);
      whole++;
    };
    const before = pathsIn(folder);
    const args = ["phase", ID, "--checkpoints", "4", "--json", "--out", "a.json", ...QUICK];
    const running = started(folder, args, settings(folder));
    await running.printed("step0: downloading model.safetensors: ");
    const began = performance.now();
    running.child.kill("SIGINT");
    const { code, stdout, stderr } = await running.end;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toContain("step1500: downloading model.safetensors: "); // the last comes first
    expect(stderr).toContain("interrupted: ");
    expect(performance.now() - began).toBeLessThan(2000);
    expect([most, whole]).toEqual([1, 1]);
    expect(pathsIn(folder)).toEqual(before);

    hub.setRate(0);
    hub.onSent = null;
    const from = downloads().length;
    const again = await cli(folder, args, settings(folder));
    expect(again.code).toBe(0);
    const fetched = downloads().slice(from);
    expect(fetched).toHaveLength(3); // of 4, one was here; parts are kept from 16 MB on
    expect(existsSync(join(folder, "a.json"))).toBe(true);
  });

  test("takes a hub that is down for the cache, and revisions of another name", async () => {
    const folder = emptyFolder();
    const pattern = ["--revisions", "step15*"];
    const first = await cli(
      folder,
      ["phase", ID, ...pattern, "--json", ...QUICK],
      settings(folder),
    );
    expect(first.stderr).toContain("phase needs");
    const steps = ["--steps", "0,1500"];
    const run = await cli(folder, ["phase", ID, ...steps, "--json", ...QUICK], settings(folder));
    expect(run.code).toBe(0);
    const deadHub = { ...settings(folder), HF_ENDPOINT: "http://127.0.0.1:9" };
    const again = await cli(folder, ["phase", ID, "--json", ...QUICK], deadHub);
    expect(again.stderr).toContain("are those that were downloaded before");
    expect(phaseResult.parse(JSON.parse(again.stdout)).steps).toEqual([0, 1500]);
  });

  test("says of a list of revisions that is none, and of a name that leads elsewhere, what the hub sent", async () => {
    const folder = emptyFolder();
    const answer = (sent: unknown) =>
      hub.setMisbehave((request, response) => {
        if (!request.url!.endsWith("/refs")) return false;
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(sent));
        return true;
      });
    const sent: [unknown, string][] = [
      [{ tags: [] }, "needs branches and tags with names"],
      [{ branches: [{ name: 7 }], tags: [] }, "needs branches and tags with names"],
      [
        { branches: [{ name: "step1/../../x" }], tags: [] },
        "a revision is a branch, tag or commit",
      ],
      [
        { branches: [{ name: "step1" }, { name: "step1-b" }], tags: [] },
        "needs one revision a step, but step1 and step1-b",
      ],
    ];
    for (const [refs, message] of sent) {
      answer(refs);
      const { code, stderr } = await cli(folder, ["phase", ID], settings(folder));
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
    hub.setMisbehave(null);
  });

  test("refuses what the hub does not have before it downloads anything", async () => {
    const folder = emptyFolder();
    const from = downloads().length;
    const refused: [string[], string][] = [
      [[ID, "--steps", "0,7,9"], `${ID} has no checkpoint of step 7, 9; it has 0, 25, 50`],
      [[ID, "--revisions", "ckpt*"], `${ID} has no revisions ckpt*; it has main, step0, step100`],
      [[ID, "--revisions", "step7"], "--revisions needs a * where the step stands, got step7"],
      [[ID, "--steps", "0", "--checkpoints", "3"], "--steps or --checkpoints, not both"],
      [[ID, "--checkpoints", "1"], "It needs a whole number from 2 on."],
      [[ID, "--offline"], `no revision of ${ID} is in `],
      [["../x/y"], "there is no file or folder ../x/y"],
      [["a/b/c"], "a hub id is name or organisation/name"],
    ];
    for (const [args, message] of refused) {
      const { code, stderr } = await cli(folder, ["phase", ...args], settings(folder));
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
    expect(downloads().length).toBe(from);
    expect(readdirSync(folder).filter((name) => name !== ".cache")).toEqual([]);
  });
});
