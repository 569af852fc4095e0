import { useEffect, useRef, useState } from "preact/hooks";
import { shortName, TEXT_SIZES, THEME_NAMES, type ThemeName } from "./address.ts";
import { usePage } from "./page.ts";
import { SHARED } from "./storedResults.ts";

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
  const { state } = usePage();
  useQuestionMark(show);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      tell(copiedWords(location.hostname, state.model));
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
        Display &amp; shortcuts
      </button>
      {open && <Settings />}
    </header>
  );
}

/** Where the link works: the command serves this machine alone, and files are with the reader. */
function copiedWords(host: string, model: string): string {
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);
  if (isHere && SHARED)
    return "The link is copied. It works on this machine; once the folder is on a host, links work anywhere.";
  if (isHere)
    return "The link is copied. It works in this browser while the command runs; explore --share makes a folder whose links work anywhere.";
  if (model.startsWith("files:") && model !== SHARED?.model)
    return `The link is copied. Who opens it needs the files of ${shortName(model)}.`;
  return "The link is copied. It works wherever this page can be opened.";
}

/** A question mark anywhere but in a field opens and closes the list of keys, Escape closes it. */
function useQuestionMark(toggle: (change: (before: boolean) => boolean) => void) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea");
      if (event.key === "?" && !typing) toggle((before) => !before);
      if (event.key === "Escape") toggle(() => false);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** Opened by a key or a button, it has the focus, so that the next Tab is in it. */
function Settings() {
  const { state, change } = usePage();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current!.focus(), []);
  return (
    <div ref={box} class="settings" role="group" tabIndex={-1} aria-label="Display and shortcuts">
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
      <label>
        Tokens of models without text{" "}
        <select
          value={state.ids ? "ids" : "words"}
          onChange={(event) => change({ ids: event.currentTarget.value === "ids" })}
        >
          <option value="words">as words</option>
          <option value="ids">as numbers</option>
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
