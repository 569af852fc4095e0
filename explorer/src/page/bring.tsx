/** @file Where other models come from: files that are dropped or chosen, and the hub. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useFold } from "../parts/useFold.ts";
import { chosenFiles, droppedFiles } from "./files.ts";
import { usePage, type Page } from "./page.ts";

interface Props {
  /** Fetches a model of the hub, by its id or a short name. */
  readonly fetchFromHub: (name: string) => void;
}

/** A button, and below it what opens a model: it closes once the model is there, by Escape, and when the reader goes elsewhere. */
export function BringButton({ fetchFromHub }: Props) {
  const { state } = usePage();
  const { open, show, box, button } = useFold({ isMenu: true });
  const [shownFor, showFor] = useState(state.model);
  if (shownFor !== state.model) {
    showFor(state.model);
    show(false);
  }
  return (
    <div class="under" {...box}>
      <button type="button" class="plain" {...button}>
        Open a model …
      </button>
      {open && (
        <div class="bring" role="group" aria-label="Open a model">
          <Bring fetchFromHub={fetchFromHub} />
        </div>
      )}
    </div>
  );
}

/** Fields for files, for a folder and for a name. */
export function Bring({ fetchFromHub }: Props) {
  const { open } = usePage();
  const [name, write] = useState("");
  const take = (event: Event) => {
    const list = [...((event.currentTarget as HTMLInputElement).files ?? [])];
    void chosenFiles(list).then((files) => files && open(files));
  };
  return (
    <>
      <p>
        Drop a model anywhere on the page, or choose it: a folder with config.json and safetensors,
        a GGUF file, or nanoGPT's ckpt.pt (with meta.pkl beside it). It stays on this machine. A
        Result that the command line wrote (.json, of any study) is shown above the view.
      </p>
      <label>
        Files <input type="file" multiple onChange={take} />
      </label>
      <label>
        Folder <input type="file" ref={asFolder} onChange={take} />
      </label>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") fetchFromHub(name.trim());
        }}
      >
        <label>
          Or the name of a model of the hub, huggingface.co{" "}
          <input
            type="text"
            placeholder="EleutherAI/pythia-70m"
            value={name}
            onInput={(event) => write(event.currentTarget.value)}
          />
        </label>{" "}
        <button type="submit">Fetch it</button>
      </form>
    </>
  );
}

function asFolder(input: HTMLInputElement | null) {
  if (input) input.webkitdirectory = true;
}

/** Whether something is being dragged over the page. Dropped files are opened. */
export function useDrop(choose: Page["open"]): boolean {
  const [over, set] = useState(false);
  const latest = useRef(choose);
  useLayoutEffect(() => {
    latest.current = choose;
  });
  useEffect(() => {
    const enter = (event: DragEvent) => {
      event.preventDefault();
      set(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && set(false);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      set(false);
      if (event.dataTransfer)
        void droppedFiles(event.dataTransfer).then((files) => files && latest.current(files));
    };
    addEventListener("dragenter", enter);
    addEventListener("dragover", enter);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragover", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return over;
}
