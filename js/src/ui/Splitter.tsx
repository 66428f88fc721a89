/** A line that is dragged, or moved by keys when it has the focus. */
import type { Signal } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { taken } from "../keyboard";
import { quiet } from "./view";

const STEP = 16;

interface SplitterProps {
  /** "x" moves sideways and sizes what stands left of it, "y" up and down and what stands above. */
  axis: "x" | "y";
  size: Signal<number | null>;
  label: string;
  low: number;
  high(parent: HTMLElement): number;
}

export function Splitter({ axis, size, label, low, high }: SplitterProps) {
  const line = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState(low); // a separator with the focus must tell its place before it was ever moved
  const [forward, back] = axis === "x" ? ["ArrowRight", "ArrowLeft"] : ["ArrowDown", "ArrowUp"];
  const before = (line: HTMLElement) => {
    const box = (line.previousElementSibling as HTMLElement).getBoundingClientRect();
    return axis === "x" ? box.width : box.height;
  };
  useLayoutEffect(() => setDrawn(Math.round(before(line.current as HTMLElement))), []);
  const set = (line: HTMLElement, px: number) => {
    size.value = Math.round(Math.max(low, Math.min(high(line.parentElement as HTMLElement), px)));
  };

  const key = (event: KeyboardEvent) => {
    const line = event.currentTarget as HTMLElement;
    const to = {
      [forward]: before(line) + STEP,
      [back]: before(line) - STEP,
      Home: low,
      End: Number.POSITIVE_INFINITY,
    }[event.key];
    if (to === undefined) return;
    set(line, to);
    taken(event);
  };
  const drag = (down: PointerEvent) => {
    const line = down.currentTarget as HTMLElement;
    const at = (event: PointerEvent) => (axis === "x" ? event.clientX : event.clientY);
    const start = before(line) - at(down);
    const move = (event: PointerEvent) => set(line, start + at(event));
    const end = () => line.removeEventListener("pointermove", move);
    line.setPointerCapture(down.pointerId);
    line.addEventListener("pointermove", move);
    line.addEventListener("lostpointercapture", end, { once: true });
    down.preventDefault();
    line.focus({ preventScroll: true });
  };
  return (
    <div
      ref={line}
      class={`split ${axis}`}
      role="separator"
      aria-orientation={axis === "x" ? "vertical" : "horizontal"}
      aria-label={label}
      aria-valuenow={size.value ?? drawn}
      aria-valuemin={low}
      tabIndex={0}
      onKeyDown={key}
      onPointerDown={drag}
      {...quiet}
    />
  );
}
