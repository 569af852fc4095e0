/** @file `cache list --work` and `cache remove --work`. */
import { InputError } from "../base/errors.ts";
import { byteSize } from "../base/byteSize.ts";
import { plural } from "../base/plural.ts";
import { visible } from "../draw/visible.ts";
import { age } from "./age.ts";
import { shellWord } from "./shellWord.ts";
import { canResume, discardWork, keptWork, workFolder, type KeptWork } from "./keptWork.ts";

/** Lists or discards the kept work of interrupted studies. */
export function workOfCache(action: string, target: string | undefined, json = false): void {
  if (action === "list") return list(target, json);
  if (action === "remove") return remove(target);
  throw new InputError("options", `cache ${action} --work is not known; list and remove are`);
}

function list(target: string | undefined, json: boolean): void {
  if (target !== undefined)
    throw new InputError("options", `cache list --work takes no model, got ${target}`);
  const all = keptWork();
  if (json) {
    const runs = all.map((work) => ({ ...work, resumable: canResume(work) }));
    process.stdout.write(`${JSON.stringify({ folder: workFolder(), runs })}\n`);
    return;
  }
  const total = all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const now = Date.now();
  const lines = all.flatMap((work) => workLines(work, now));
  const sum = `${plural(all.length, "interrupted run")}, ${byteSize(total)} in ${workFolder()}`;
  const way = all.length > 0 ? ["cache remove <id|model|all> --work discards them"] : [];
  process.stdout.write([...lines, sum, ...way, ""].join("\n"));
}

function remove(target: string | undefined): void {
  if (target === undefined)
    throw new InputError("options", "cache remove --work needs an id of the list, a model, or all");
  const discarded = discardWork(target);
  const freed = discarded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  process.stdout.write(
    `discarded the work of ${plural(discarded.length, "interrupted run")} (${byteSize(freed)})\n`,
  );
}

/** What it is, and the command that resumes it. */
export function workLines(work: KeptWork, now: number): string[] {
  const { id, sizeBytes, modified, steps, heading } = work;
  const what = heading ? `${heading.study} of ${visible(heading.model)}` : "of an older version";
  const facts = [
    id,
    what,
    plural(steps, "step"),
    byteSize(sizeBytes),
    `${age(now - modified.getTime())} ago`,
  ];
  return [facts.join("  "), `          ${wayOn(work)}`];
}

function wayOn(work: KeptWork): string {
  const { heading } = work;
  if (heading === null) return "cannot be resumed";
  if (!canResume(work)) return `cannot be resumed: it is of version ${heading.version}`;
  const command = ["induction-lens", ...heading.command].map(shellWord).join(" ");
  return `resume: ${visible(`cd ${shellWord(heading.folder)} && ${command}`)}`;
}
