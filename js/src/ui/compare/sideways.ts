/** Scrolls several boxes sideways together: the columns of one stand under those of the other. */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

export function createSideways() {
  const boxes = new Set<HTMLElement>();
  let left = 0;
  const follow = (event: Event) => {
    const moved = event.currentTarget as HTMLElement;
    if (moved.scrollLeft === left) return;
    left = moved.scrollLeft;
    for (const box of boxes) if (box.scrollLeft !== left) box.scrollLeft = left;
  };
  return {
    add(box: HTMLElement): () => void {
      boxes.add(box);
      box.scrollLeft = left;
      box.addEventListener("scroll", follow, { passive: true });
      return () => {
        boxes.delete(box);
        box.removeEventListener("scroll", follow);
      };
    },
  };
}

export function useSideways(sideways: ReturnType<typeof createSideways>, box: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => sideways.add(box.current as HTMLElement), [sideways, box]);
}
