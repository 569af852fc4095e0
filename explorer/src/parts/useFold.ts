import { useEffect, useRef, useState } from "preact/hooks";

/**
 * What a button opens and closes. Escape closes it and gives the focus back to the button; with `isMenu` it also closes when the reader
 * goes elsewhere, by Tab or by the pointer.
 *
 * @returns whether it is open, how to close it, and what its box and its button take
 */
export function useFold({ isMenu = false } = {}) {
  const [open, show] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    show(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation(); // what lies around it has an Escape of its own
    close();
  };
  useEffect(() => {
    if (!open || !isMenu) return;
    const leave = ({ target }: Event) => {
      if (!box.current?.contains(target as Node)) show(false);
    };
    addEventListener("pointerdown", leave);
    addEventListener("focusin", leave);
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("focusin", leave);
    };
  }, [open, isMenu]);
  const onClick = () => show(!open);
  // Its button may stand outside of the box.
  return {
    ...{ open, show, close },
    box: { ref: box, onKeyDown },
    button: { ref: button, "aria-expanded": open, onClick, onKeyDown },
  };
}
