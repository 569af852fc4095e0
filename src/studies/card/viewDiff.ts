/** @file What `card diff` shows. */
import { matricesPicture } from "../../draw/pictures.ts";
import {
  modelWords,
  pictureNames,
  pictureWords,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import { changeTables, mapsOf } from "../compare/viewMaps.ts";
import type { CardDiffResult } from "./resultDiff.ts";

export function cardDiffView(result: CardDiffResult): StudyView {
  const { old, new: now, changes, words, warnings, losses } = result;
  const title = `What changed from ${old.model.id} to ${now.model.id}`;
  const [from, to] = pictureNames([old.model.id, now.model.id]) as [string, string];
  const sideView = (side: typeof old, id: string) => ({
    id,
    values: side.induction.map((row) => row.map((gain) => Math.max(0, gain))),
  });
  const names = { firstCopy: "first copy", secondCopy: "second copy", copyGain: "copy gain" };
  const lossTable: StudyTable = {
    caption: "Losses, new - old, nats",
    columns: ["loss", { name: "change", key: "changeNats" }],
    rows: Object.entries(names).map(([key, name]) => [name, losses[key as keyof typeof losses]]),
  };
  return {
    title,
    lines: [modelWords(old.model), modelWords(now.model)],
    sentences: words,
    map: null,
    pictures: [
      matricesPicture(
        mapsOf(sideView(old, from), sideView(now, to), {
          title: `What changed from ${from} to ${to}`,
          subtitle: [modelWords({ ...old.model, id: from }), modelWords({ ...now.model, id: to })],
          scaleLabel: "gain: attention to the token after the earlier copy, less that on controls",
          description: pictureWords(words, [old.model.id, now.model.id]),
        }),
      ),
    ],
    tables: [lossTable, ...changeTables(changes, "from the old card to the new")],
    settings: [
      ["sha256 of the old weights", old.model.sha256],
      ["sha256 of the new weights", now.model.sha256],
      ...settingsOf({ version: result.version }),
    ],
    warnings,
  };
}
