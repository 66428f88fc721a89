/** The list of keys. */
import { useEffect, useRef } from "preact/hooks";
import { quiet, type View } from "./view";

const KEYS = [
  ["↑ ↓ Home End PgUp PgDn", "move"],
  ["→", "open, then first child"],
  ["←", "close, then parent"],
  ["Space", "select"],
  ["Enter", "select and go to its nodes"],
  ["*", "open all siblings"],
  ["letters", "go to the next name that begins so"],
  ["/", "find"],
  ["n, Shift+n", "next, previous match"],
  ["F6", "tree, nodes, foot"],
  ["?", "this list"],
  ["Esc", "close; then leave to the cell"],
] as const;

export function Keys({ view }: { view: View }) {
  const popover = useRef<HTMLDivElement>(null);
  useEffect(() => {
    popover.current?.focus();
    // A press anywhere else closes the list, in whichever part of the page.
    const close = (event: Event) => {
      if (!popover.current?.parentElement?.contains(event.target as Node)) view.keysOpen.value = false;
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [view]);
  return (
    <div class="pop" role="dialog" aria-label="Keys" tabIndex={-1} ref={popover} {...quiet}>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
