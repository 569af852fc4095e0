import { useEffect, useState } from "preact/hooks";
import { TEXT_SIZES, THEME_NAMES, type ThemeName } from "./address.ts";
import { usePage } from "./page.ts";

const THEMES: Readonly<Record<ThemeName, string>> = {
  system: "as the system",
  light: "light",
  dark: "dark",
  contrast: "high contrast",
};

const KEYS = [
  ["arrows", "move in a map, a matrix or a row of tokens"],
  ["Enter", "choose, or lock a token"],
  ["Escape", "let go of a locked token"],
  ["Tab", "to the next thing"],
  ["?", "this list"],
] as const;

/** Name of the page, and how it looks: what opens does so below, never over anything. */
export function TopBar() {
  const [open, show] = useState(false);
  const [copied, tell] = useState("");
  useQuestionMark(() => show((before) => !before));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      tell("The link is copied.");
    } catch {
      tell("The link could not be copied: it is what the address bar has."); // plain http has no clipboard
    }
  };
  return (
    <header>
      <h1>induction-lens</h1>
      <span class="gap" />
      <span class="status" role="status">
        {copied}
      </span>
      <button type="button" class="plain" onClick={() => void copy()} onBlur={() => tell("")}>
        Copy link
      </button>
      <button type="button" class="plain" aria-expanded={open} onClick={() => show(!open)}>
        Look and keys
      </button>
      {open && <Settings />}
    </header>
  );
}

/** Calls `toggle` when the reader types a question mark anywhere but in a field. */
function useQuestionMark(toggle: () => void) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea");
      if (event.key === "?" && !typing) toggle();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function Settings() {
  const { state, change } = usePage();
  return (
    <div class="settings">
      <label>
        Theme{" "}
        <select
          value={state.theme}
          onChange={(event) => change({ theme: event.currentTarget.value as ThemeName })}
        >
          {THEME_NAMES.map((name) => (
            <option key={name} value={name}>
              {THEMES[name]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Text size{" "}
        <select
          value={state.size}
          onChange={(event) => change({ size: Number(event.currentTarget.value) })}
        >
          {TEXT_SIZES.map((size) => (
            <option key={size} value={size}>
              {size} %
            </option>
          ))}
        </select>
      </label>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
