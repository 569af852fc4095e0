/** @file Files are looked at before the open model is given up for them: a wrong one changes nothing. */
import { useRef, useState } from "preact/hooks";
import { openEngine } from "../engine/client.ts";
import type { NamedResult } from "induction-lens/report";
import type { ChosenFiles } from "./files.ts";
import { resultIn } from "./resultFile.ts";

/** Opens files that look like a model, and shows a Result; of others it says why they are neither. */
export function useInspected(
  open: (files: ChosenFiles) => void,
  showResult: (entry: NamedResult) => void,
) {
  const [refusal, refuse] = useState<string | null>(null);
  const latest = useRef(0);
  return {
    refusal,
    forgive: () => refuse(null),
    open: async (files: ChosenFiles) => {
      const mine = ++latest.current;
      const result = await resultIn(files);
      if (mine !== latest.current) return;
      if (result) {
        refuse(null);
        return showResult(result);
      }
      const engine = openEngine();
      try {
        await engine.ask("inspect", { kind: "files", trustArchitecture: false, ...files });
        if (mine !== latest.current) return;
        refuse(null);
        open(files);
      } catch (error) {
        if (mine === latest.current)
          refuse(`${files.id} could not be opened: ${(error as Error).message}.`);
      } finally {
        engine.close();
      }
    },
  };
}
