import type { Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import { partFlags, type OutputFlags } from "../flags/partFlags.ts";
import { QUIET } from "../flags/sharedFlags.ts";

interface Own {
  readonly title?: string | undefined;
}

const FOLDER = "output/atlas";

export const command = defineCommand({
  name: "atlas",
  description: "a site of many cards: models, families, and a search of their heads",
  declare: (command: Command) =>
    command
      .argument("<folder>", "a folder with cards, or with folders of them")
      .option("--out <folder>", `where the site goes (default ${FOLDER})`, (name) => [name])
      .option("--title <text>", "title of the site (default Atlas of induction heads)")
      .option("--quiet", QUIET),
  carryOut: async (flags: OutputFlags & Own, [folder]: readonly [string], surroundings) => {
    const { inFrame } = await import("../frame.ts");
    const { checkFolder, replaceFolder } = await import("../../draw/replaceFolder.ts");
    const { atlasFiles, atlasNames } = await import("../atlas/atlasPages.ts");
    const { readCards } = await import("../atlas/readCards.ts");
    const { common, own } = partFlags<Own>(flags);
    const [out = FOLDER] = common.output.out ?? [];
    const { title = "Atlas of induction heads" } = own;
    await inFrame(
      common,
      async ({ progress, done }) => {
        const cards = await readCards(folder);
        checkFolder(out, atlasNames(cards));
        const files = await atlasFiles(cards, title, (count, total) =>
          progress("atlas", count, total),
        );
        replaceFolder(out, files);
        done(`wrote ${out}: index.html, and pages of ${cards.length} models`);
      },
      surroundings,
    );
  },
});
