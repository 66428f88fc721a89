/** A button and what hangs open below or above it. One popover at a time; Esc or a press elsewhere closes it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { quiet, type Shell } from "./view";

interface PopoverProps {
  view: Shell;
  name: string;
  label: string;
  /** What the button shows. */
  button: ComponentChildren;
  /** Further classes of button and box. */
  class?: string;
  pressed?: boolean;
  children: ComponentChildren;
}

export function Popover({ view, name, label, button, pressed, children, ...rest }: PopoverProps) {
  const open = view.popover.value === name;
  return (
    <span class={`hang ${rest.class ?? ""}`} data-popover={name}>
      <button
        type="button"
        class="btn"
        aria-label={label}
        title={label}
        aria-expanded={open}
        aria-haspopup="dialog"
        data-on={pressed || undefined}
        onClick={() => {
          view.popover.value = open ? null : name;
        }}
        {...quiet}
      >
        {button}
      </button>
      {open && (
        <Box view={view} label={label}>
          {children}
        </Box>
      )}
    </span>
  );
}

function Box({ view, label, children }: { view: Shell; label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.focus({ preventScroll: true });
    const close = (event: Event) => {
      if (!box.current?.parentElement?.contains(event.target as Node)) view.popover.value = null;
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [view]);
  return (
    <div class="pop" role="dialog" aria-label={label} tabIndex={-1} ref={box} {...quiet}>
      {children}
    </div>
  );
}

/** Closes the popover that hangs open and gives the focus back to its button; false when none does. */
export function closePopover(view: Shell, root: HTMLElement): boolean {
  const name = view.popover.peek();
  if (name === null) return false;
  view.popover.value = null;
  root.querySelector<HTMLElement>(`[data-popover="${name}"] > button`)?.focus();
  return true;
}
