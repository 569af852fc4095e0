/** @file The zoo in a browser, from wherever its folder is served. */
import { InputError } from "../../base/errors.ts";
import type { LoadOptions } from "../loadOptions.ts";
import type { LoadedModel } from "../loadedModel.ts";
import { openBlobs } from "../openBlobs.ts";
import { zooIndex, zooPlace } from "./zooIndex.ts";

/**
 * @param base address of the folder zoo/, with its last slash
 * @throws {InputError} "unknown-model" if the zoo has no such model, "file" if it is not served there
 */
export async function fetchZoo(
  zooName: string,
  base: string,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  const index = zooIndex.parse(await (await fetchFile(`${base}zoo.json`, options)).json());
  const { id, folder, files } = zooPlace(index, zooName);
  const blobs = await Promise.all(
    files.map(async (name) => ({
      name,
      blob: await (await fetchFile(`${base}${folder}/${name}`, options)).blob(),
    })),
  );
  return openBlobs(blobs, { ...options, id });
}

async function fetchFile(url: string, { signal }: LoadOptions): Promise<Response> {
  const response = await fetch(url, signal ? { signal } : {});
  if (response.ok) return response;
  throw new InputError("file", `the zoo's ${url} could not be fetched: ${response.status}`);
}
