import { useState } from "preact/hooks";
import { hasWords, wordOf } from "induction-lens/report";
import type { ModelFacts } from "../engine/protocol.ts";
import { usePage } from "../page/page.ts";

const PERIODS = [4, 8, 16, 32, 64, 128, 256, 512];

/** Which tokens the model reads: a generated block that stands twice, or the reader's own. */
export function SequenceBar({ error }: { readonly error: string | null }) {
  const { state, change, facts } = usePage();
  const { text } = state;
  const [draft, write] = useState<string | null>(text);
  const [none, hasNone] = useState(false);
  const own = text !== null;
  const example = facts?.tokenizer
    ? "The cat sat on the mat. The cat sat on the"
    : idExample(facts?.vocabulary ?? 0);
  return (
    <form
      class="sequence"
      onSubmit={(event) => {
        event.preventDefault();
        const ownText = draft ?? example;
        hasNone(ownText.trim() === "");
        if (ownText.trim() !== "") change({ text: ownText, token: null, key: null });
      }}
    >
      <label>
        Tokens{" "}
        <select
          value={own ? "own" : "generated"}
          onChange={(event) =>
            change({
              text: event.currentTarget.value === "own" ? draft || example : null,
              token: null,
              key: null,
            })
          }
        >
          <option value="generated">random, twice in a row</option>
          <option value="own">your own</option>
        </select>
      </label>
      {own ? <OwnTokens value={draft ?? text} {...{ write }} /> : <GeneratedTokens />}
      {own && none && (
        <p role="alert">
          There is nothing to read: type {facts?.tokenizer ? "a text" : "some tokens"} first.
        </p>
      )}
      {error && <p role="alert">{error}</p>}
    </form>
  );
}

interface OwnProps {
  readonly value: string;
  readonly write: (text: string) => void;
}

function OwnTokens({ value, write }: OwnProps) {
  const { facts } = usePage();
  return (
    <>
      <label class="wide">
        {facts ? ownLabel(facts) : "Text"}{" "}
        <input type="text" value={value} onInput={(event) => write(event.currentTarget.value)} />
      </label>
      <button type="submit">Read it</button>
    </>
  );
}

function GeneratedTokens() {
  const { state, change, facts } = usePage();
  const { period, seed } = state;
  const room = facts ? Math.floor((Math.min(facts.contextLength, facts.longest) - 1) / 2) : 0;
  return (
    <>
      <label>
        Length of the block{" "}
        <select
          value={period}
          onChange={(event) =>
            change({ period: Number(event.currentTarget.value), token: null, key: null })
          }
        >
          {[...new Set([...PERIODS, period])]
            .filter((choice) => choice <= room || choice === period)
            .toSorted((a, b) => a - b)
            .map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
        </select>
      </label>
      <button
        type="button"
        class="plain"
        onClick={() => change({ seed: seed + 1, token: null, key: null })}
      >
        Other tokens
      </button>
    </>
  );
}

/** What the model can be given, over a field that has an example of it. */
export function ownLabel({
  tokenizer,
  vocabulary,
}: Pick<ModelFacts, "tokenizer" | "vocabulary">): string {
  if (tokenizer) return "Text";
  const numbers = `numbers from 0 to ${vocabulary - 1}`;
  return hasWords({ tokenizer, vocabulary })
    ? `Words like these, or ${numbers}`
    : `Token ids, ${numbers}`;
}

/** Tokens of which something comes twice, for a model that reads ids: words where it has few. */
export function idExample(vocabulary: number): string {
  const ids = [5, 30, 13, 20, 41, 5, 30, 13].map((id) => id % Math.max(1, vocabulary));
  const words = hasWords({ tokenizer: null, vocabulary });
  return ids.map((id) => (words ? wordOf(id) : String(id))).join(" ");
}
