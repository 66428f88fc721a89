/** Dragging moves the drawing, Ctrl with the wheel or two fingers zoom it; a plain wheel belongs to the page. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { zoomAt } from "../../graph/camera";
import type { GraphState } from "./state";

/** A press that moves less is a click. */
const STILL = 4;

export function usePan(canvas: RefObject<HTMLElement | null>, state: GraphState) {
  const fingers = useRef(new Map<number, { x: number; y: number }>());
  const moved = useRef(0);
  const { camera, hand } = state;

  useEffect(() => {
    const element = canvas.current as HTMLElement;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const lines = event.deltaMode === 0 ? 1 : 16;
      hand.moved = true;
      camera.value = zoomAt(
        camera.peek(),
        Math.exp(-Math.max(-60, Math.min(60, event.deltaY * lines)) / 120),
        event.clientX - left,
        event.clientY - top,
      );
    };
    // Preact's listeners cannot keep the page from zooming.
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [canvas, camera, hand]);

  const down = (event: PointerEvent) => {
    if (event.button !== 0 || (event.target as Element).closest("button")) return;
    if (fingers.current.size === 0) moved.current = 0;
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };
  const drag = (event: PointerEvent) => {
    const before = fingers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    moved.current += Math.abs(dx) + Math.abs(dy);
    fingers.current.set(event.pointerId, now);
    if (moved.current < STILL) return;
    const element = canvas.current as HTMLElement;
    element.setPointerCapture?.(event.pointerId);
    element.dataset.dragged = "";
    hand.moved = true;
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const { left, top } = element.getBoundingClientRect();
      const apart = (at: { x: number; y: number }) => Math.hypot(at.x - other.x, at.y - other.y);
      camera.value = zoomAt(camera.peek(), apart(now) / Math.max(apart(before), 1), other.x - left, other.y - top);
    } else {
      const { x, y, zoom } = camera.peek();
      camera.value = { zoom, x: x + dx, y: y + dy };
    }
  };
  const up = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId);
    delete (canvas.current as HTMLElement).dataset.dragged;
  };
  /** Whether the press that ends in a click has moved the drawing. */
  const dragged = () => moved.current >= STILL;
  return { onPointerDown: down, onPointerMove: drag, onPointerUp: up, onPointerCancel: up, dragged };
}
