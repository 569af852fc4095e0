/** @file The process that does what the supervisor was asked for, which tells it in its first message. */
import { once } from "node:events";
import { loadCommandsNamed } from "./commands.ts";
import { endWithParent } from "./endWithParent.ts";
import { exitAfter } from "./exitAfter.ts";
import type { Invocation } from "./messages.ts";
import { carryOut } from "./program.ts";

endWithParent();
const [invocation] = (await once(process, "message")) as [Invocation];
const commands = loadCommandsNamed([invocation.name]);
await exitAfter(commands.then((loaded) => carryOut(loaded, invocation)));
