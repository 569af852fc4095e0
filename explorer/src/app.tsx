import { useEffect, useState } from "preact/hooks";
import { HeadCard } from "./headCard.tsx";
import { HeadGrid } from "./headGrid.tsx";
import { Losses } from "./losses.tsx";
import type { Measured, Message } from "./measured.ts";
import { readState, stateHash, THEME_NAMES, type PageState, type ThemeName } from "./state.ts";
import { LABELS, labelOf, sentence } from "./words.ts";

const NAMES: Readonly<Record<ThemeName, string>> = {
  system: "as the system",
  light: "light",
  dark: "dark",
  contrast: "high contrast",
};

/** The page: the head map, the chosen head, and what the model loses without it. */
export function App({ stored }: { readonly stored: Measured }) {
  const { measured, status } = useMeasured(stored);
  const [state, change] = usePageState(measured);
  const { layer, head, off, theme } = state;
  const { score, ablate } = measured;
  return (
    <>
      <TopBar
        model={score.model.id}
        theme={theme}
        choose={(name) => change({ ...state, theme: name })}
      />
      <main>
        <p class="status" role="status">
          {status}
        </p>
        <section aria-labelledby="map">
          <h2 id="map">Induction score of every head</h2>
          <HeadGrid
            result={score}
            {...{ layer, head }}
            dark={isDark(theme)}
            choose={(nextLayer, nextHead) =>
              change({ ...state, layer: nextLayer, head: nextHead, off: false })
            }
          />
          <p class="hint">
            Columns are heads, from 0. Arrows move.{" "}
            {Object.values(LABELS)
              .map(({ glyph, name }) => `${glyph} ${name}`)
              .join(" · ")}{" "}
            · ○ other
          </p>
          <HeadCard result={score} {...{ layer, head }} />
        </section>
        <section aria-labelledby="cut">
          <h2 id="cut">
            Head {layer}.{head}
          </h2>
          <p class="say">{sentence(labelOf(score.scores, layer, head))}</p>
          <button type="button" aria-pressed={off} onClick={() => change({ ...state, off: !off })}>
            {off ? "Switch it on again" : "Switch it off"}
          </button>
          <Losses result={ablate} {...{ layer, head, off }} />
          <p class="hint">Switched off means: the head's output (attn.hook_z) is zero.</p>
        </section>
      </main>
    </>
  );
}

interface TopBarProps {
  readonly model: string;
  readonly theme: ThemeName;
  readonly choose: (theme: ThemeName) => void;
}

function TopBar({ model, theme, choose }: TopBarProps) {
  return (
    <header>
      <h1>induction-lens</h1>
      <span>
        model <code>{model}</code>
      </span>
      <label>
        Theme{" "}
        <select value={theme} onChange={(event) => choose(event.currentTarget.value as ThemeName)}>
          {THEME_NAMES.map((name) => (
            <option key={name} value={name}>
              {NAMES[name]}
            </option>
          ))}
        </select>
      </label>
    </header>
  );
}

/** The stored Results, and in their place those of the page's own engine as soon as it has them. */
function useMeasured(stored: Measured) {
  const [measured, show] = useState(stored);
  const [status, say] = useState("Stored numbers. Loading the engine");
  useEffect(() => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === "step") say(`Stored numbers. ${data.words}`);
      else if (data.kind === "failed")
        say(`Stored numbers: this browser could not measure. ${data.words}`);
      else {
        show(data.measured);
        say("Live numbers, measured in this page.");
      }
    };
    worker.onerror = () => say("Stored numbers: the engine did not start in this browser.");
    return () => worker.terminate();
  }, []);
  return { measured, status };
}

function usePageState({ score }: Measured) {
  const rows = score.scores.induction;
  const best = score.top[0] ?? { layer: 0, head: 0 };
  const start: PageState = { layer: best.layer, head: best.head, off: false, theme: "system" };
  const read = () => readState(location.hash, start, rows.length, rows[0]!.length);
  const [state, set] = useState(read);
  useEffect(() => {
    const follow = () => set(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    document.documentElement.dataset["theme"] = state.theme;
    history.replaceState(null, "", stateHash(state));
  }, [state]);
  return [state, set] as const;
}

function isDark(theme: ThemeName): boolean {
  if (theme === "system") return matchMedia("(prefers-color-scheme: dark)").matches;
  return theme !== "light";
}
