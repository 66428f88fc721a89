/** What is around every widget: its name, its keys, and what the screen reader says. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { ROOT } from "./root";
import type { Shell } from "./view";

interface FrameProps<V extends Shell> {
  view: V;
  label: string;
  onKey(event: KeyboardEvent, view: V, root: HTMLElement): void;
  children: ComponentChildren;
}

export function Frame<V extends Shell>({ view, label, onKey, children }: FrameProps<V>) {
  const root = useRef<HTMLDivElement>(null);
  return (
    // A group, not a landmark: one model may be shown twice on a page.
    <div
      class={ROOT}
      role="group"
      aria-label={label}
      ref={root}
      onKeyDown={(event) => onKey(event, view, root.current as HTMLElement)}
    >
      {children}
      <div class="aloud said" role="status" aria-live="polite">
        {view.said.value}
      </div>
    </div>
  );
}
