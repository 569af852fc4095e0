/** @file HTML that cannot be forged: what is put into a template is escaped unless it is Markup itself. */
import { visible } from "./visible.ts";

/** Text that is HTML already. */
export interface Markup {
  readonly html: string;
}

type Content = string | number | Markup | readonly Markup[];

/** A template of HTML; strings that are put in have their markup escaped and their control characters shown. */
export function markup(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const pieces = contents.map((content) => {
    if (typeof content === "number") return String(content);
    if (typeof content === "string") return escapeText(visible(content));
    return "html" in content ? content.html : content.map((markup) => markup.html).join("\n");
  });
  return { html: String.raw({ raw: parts }, ...pieces) };
}

/** HTML that somebody made with care, such as an SVG serialiser; never text from outside. */
export function trustMarkup(text: string): Markup {
  return { html: text };
}

/** JSON for a `<script type="application/json">`, in ASCII and without `<`: neither `</script>` nor `<!--` can stand in it. */
export function scriptJson(value: unknown): Markup {
  const text = JSON.stringify(value).replace(
    /[<>&]|[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return { html: text };
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
