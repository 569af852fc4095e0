import { UnableError } from "../base/errors.ts";

/**
 * A package that only one command needs, and that is not installed with this one.
 *
 * @param what needs it, for the message
 * @throws {UnableError} if it is not there, with how to install it
 */
export async function optionalPackage<Module>(
  what: string,
  names: readonly string[],
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const needs = names.length === 1 ? `the package ${names[0]}` : `packages ${names.join(", ")}`;
    throw new UnableError(
      `${what} needs ${needs}, which this one does not bring along; npm install ${names.join(" ")} does`,
      { cause: error },
    );
  }
}
