import { useEffect, useState } from "preact/hooks";
import type { StudyPicture } from "induction-lens/report";
import { shortName } from "../../page/address.ts";
import { usePage } from "../../page/page.ts";
import { SHARED, type SharedPage } from "../../page/storedResults.ts";
import { VIEW_TITLES } from "../../page/viewBar.tsx";
import { Figure } from "../../parts/figure.tsx";

/** In place of a view whose numbers only the model can give: what is stored of it, and what would bring the view. */
export function NeedsModel() {
  const { state, change, score } = usePage();
  const stored = SHARED?.model === state.model ? SHARED : null;
  const picture = usePicture(stored, state.view === "attention");
  const { name } = VIEW_TITLES[state.view];
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">{name} computes with the model itself</h2>
      <p class="say">
        {shortName(score!.model.id)} {wayOn(state.model)}
      </p>
      <p class="ways">
        <button type="button" class="plain" onClick={() => change({ view: "heads" }, "new")}>
          See the stored numbers of all heads
        </button>
      </p>
      {picture && (
        <div class="scroll wide" role="group" tabIndex={0} aria-label={picture.label}>
          <Figure picture={picture} chosen="" off={new Set()} choose={() => undefined} />
        </div>
      )}
    </section>
  );
}

/** Why a model is not there, and what brings it. */
function wayOn(model: string): string {
  if (model.startsWith("hub:"))
    return "is not here. Fetch it from the hub above to continue; that asks huggingface.co.";
  if (model.startsWith("files:"))
    return "is not here. Open its files above to continue; they stay on this machine.";
  return "is not open: the line above says why.";
}

/** The stored figure that is nearest to the view: attention of a layer, or the arcs of the two heads. */
function usePicture(stored: SharedPage | null, isAttention: boolean): StudyPicture | null {
  const [picture, show] = useState<StudyPicture | null>(null);
  useEffect(() => {
    if (!stored) return;
    let isWanted = true;
    void import("../../export/files.ts").then(({ arcsFigure, attentionFigure }) => {
      const { attention, arcs } = stored;
      const figure = isAttention || !arcs ? attentionFigure(attention) : arcsFigure(arcs);
      if (isWanted) show(figure);
    });
    return () => void (isWanted = false);
  }, [stored, isAttention]);
  return picture;
}
