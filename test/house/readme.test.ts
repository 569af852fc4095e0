/** @file The README is run: its commands, its library example, its options. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli, emptyFolder, pathsIn } from "../cli/cli.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const README = read("README.md");

/** The contents of code blocks in `language`. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(
    ([, code]) => code!,
  );
}

/** The commands that help lists, but for help itself. */
function commandNames(help: string): string[] {
  const list = help.slice(help.indexOf("Commands:"), help.indexOf("Examples:"));
  return [...list.matchAll(/^ {2}([a-z-]+(?: [a-z-]+)?)(?= {2}| \[| <)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== "help");
}

/** A name of two words has a dash in that of its page. */
const pageOf = (command: string) => command.replace(" ", "-");

/** Pages of options that several commands share, linked from theirs. */
const SHARED_PAGES = ["models.md", "rows.md"];

/** The flags that the rows of option tables begin with, or that a help text lists. */
function flagsIn(text: string): Set<string> {
  const lines = text.split("\n").filter((line) => /^(\| `|\s+)--|^\s+-\w, --/.test(line));
  return new Set(lines.flatMap((line) => /--[a-z][a-z_-]+/.exec(line) ?? []));
}

describe("README", () => {
  test("has a library example that runs", () => {
    const [example] = blocks("js");
    mkdirSync(join(ROOT, "output"), { recursive: true });
    const folder = mkdtempSync(join(ROOT, "output/readme-")); // inside, so that the package finds itself
    try {
      writeFileSync(join(folder, "example.js"), example!);
      const printed = execFileSync(process.execPath, ["example.js"], { cwd: folder });
      expect(printed.toString()).toContain("best head: 1.0");
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(example!.trim().split("\n").length).toBeLessThanOrEqual(10);
  });

  test("has a run command that runs", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "tokens.json"), '{"tokens": [[0, 1, 2, 3]]}');
    const line = /npx induction-lens run .*/.exec(read("docs/commands/run.md"))![0];
    const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
    expect(await cli(folder, args.slice(2))).toMatchObject({ code: 0 });
    expect(pathsIn(folder)).toEqual(["tokens.json", "values.safetensors"]);
  });

  test("names every command once, and no other", async () => {
    const commands = commandNames((await cli(emptyFolder(), ["--help"])).stdout);
    const lines = [
      ...README.matchAll(/^- \[`([a-z- ]+)`\]\(docs\/commands\/([a-z-]+)\.md\)/gm),
    ].filter(([, name, page]) => pageOf(name!) === page);
    expect(lines.map(([, name]) => name!).sort()).toEqual(commands.sort());
  });

  test("has a page for every command that lists every option of it, and no other", async () => {
    const folder = emptyFolder();
    const commands = commandNames((await cli(folder, ["--help"])).stdout);
    const pages = readdirSync(join(ROOT, "docs/commands")).map((file) => file.replace(".md", ""));
    expect(pages.sort()).toEqual([...commands.map(pageOf), "models", "rows"].sort());
    for (const name of commands) {
      const page = read(`docs/commands/${pageOf(name)}.md`);
      const shared = SHARED_PAGES.filter((file) => page.includes(`(${file})`));
      const flags = flagsIn((await cli(folder, [...name.split(" "), "--help"])).stdout);
      flags.delete("--help");
      const own = flagsIn(page);
      const rows = new Set([
        ...own,
        ...shared.flatMap((file) => [...flagsIn(read(`docs/commands/${file}`))]),
      ]);
      const missing = [...flags].filter((flag) => !rows.has(flag));
      const unknown = [...own].filter((flag) => !flags.has(flag));
      expect({ name, missing, unknown }).toEqual({ name, missing: [], unknown: [] });
    }
  });

  test.each(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])(
    "%s points only at what exists",
    (file) => {
      const text = read(file);
      const links = [...text.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path]) => path!);
      const paths = [...text.matchAll(/`((?:src|test|docs)\/[\w/.-]+)`/g)].map(([, path]) => path!);
      const concrete = [...links, ...paths].filter((path) => !path.includes("NAME")); // of recipes
      expect(concrete.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    },
  );

  test("names only scripts that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const text = README + read("CONTRIBUTING.md");
    const scriptsInText = [
      ...text.matchAll(/npm (?:run )?(start|test|check|format|build|bench)\b/g),
    ];
    for (const [, name] of scriptsInText) expect(Object.keys(scripts)).toContain(name);
  });
});
