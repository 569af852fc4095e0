import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hostTag } from "../../src/formats/livingProcess.ts";
import { createSafetensorsFile } from "../../src/formats/safetensorsFile.ts";

test("createSafetensorsFile removes what killed processes left of the same file, and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "induction-lens-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const deadPid = spawnSync(process.execPath, ["-e", ""]).pid;
  const left = `big.safetensors.${deadPid}.${hostTag()}.0123abcd.part`;
  const others = [
    `big.safetensors.${process.pid}.${hostTag()}.0123abcd.part`, // being written
    `big.safetensors.${deadPid}.00000000.0123abcd.part`, // of another machine
    `other.safetensors.${deadPid}.${hostTag()}.0123abcd.part`,
    "big.safetensors.notes.part",
  ];
  for (const name of [left, ...others]) writeFileSync(join(folder, name), "x");
  const plans = [{ name: "a", dtype: "F32", shape: [1], sizeBytes: 4 }];
  const file = await createSafetensorsFile(join(folder, "big.safetensors"), plans);
  await file.write("a", 0, Float32Array.of(1));
  await file.commit();
  expect(readdirSync(folder).toSorted()).toEqual([...others, "big.safetensors"].toSorted());
});
