/** @file The zoo as it lies in the package. Node only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFolder } from "../folder.ts";
import type { LoadOptions } from "../loadOptions.ts";
import type { LoadedModel } from "../loadedModel.ts";
import { zooIndex, zooPlace, type ZooIndex } from "./zooIndex.ts";

/** The package's folder zoo/. */
export const ZOO = fileURLToPath(new URL("../../../zoo", import.meta.url));

/** Every model of the zoo by name, with what is known about it. */
export async function readZoo(): Promise<ZooIndex> {
  return zooIndex.parse(JSON.parse(await readFile(join(ZOO, "zoo.json"), "utf8")));
}

/**
 * `NAME`, or `NAME@STEP` for a step on its way.
 *
 * @throws {InputError} "unknown-model" if the zoo has no such model, or not that step of it
 */
export async function openZoo(zooName: string, options: LoadOptions = {}): Promise<LoadedModel> {
  return openFolder(await zooFolder(zooName), `zoo:${zooName}`, options);
}

/** The folder of `NAME` or `NAME@STEP`; throws as `openZoo`. */
export async function zooFolder(zooName: string): Promise<string> {
  return join(ZOO, zooPlace(await readZoo(), zooName).folder);
}
