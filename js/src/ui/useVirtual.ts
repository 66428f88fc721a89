/** Draws the rows in sight only. Rows of one height need no more than this; a library for it is a sixth of a bundle. */
import type { RefObject } from "preact";
import { useCallback, useLayoutEffect, useState } from "preact/hooks";

export const ROW = 24;

/** How many rows beyond the edges are drawn. */
const OVERSCAN = 8;

export interface Window {
  items: { index: number }[];
  height: number;
  /** Rows in a page, for PgUp and PgDn. */
  page: number;
  /** Whether the scroller has a height; before that nothing can be scrolled to. */
  ready: boolean;
  scrollTo(place: number): void;
}

interface Sight {
  top: number;
  height: number;
}

/** `kept` stays drawn wherever the list is scrolled: the row with the focus would lose it if it vanished. */
export function useVirtual(scroller: RefObject<HTMLElement | null>, count: number, kept: number): Window {
  const [sight, setSight] = useState<Sight>({ top: 0, height: 0 });
  const look = useCallback(() => {
    const { scrollTop, clientHeight } = scroller.current as HTMLElement;
    setSight((seen) =>
      seen.top === scrollTop && seen.height === clientHeight ? seen : { top: scrollTop, height: clientHeight },
    );
  }, [scroller]);
  useLayoutEffect(() => {
    const element = scroller.current as HTMLElement;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroller, look]);

  return {
    items: inSight(sight, count, kept).map((index) => ({ index })),
    height: count * ROW,
    page: Math.max(1, Math.floor(sight.height / ROW) - 1),
    ready: sight.height > 0,
    scrollTo(place) {
      const element = scroller.current as HTMLElement;
      const low = (place + 1) * ROW - element.clientHeight;
      element.scrollTop = Math.min(place * ROW, Math.max(low, element.scrollTop));
      look();
    },
  };
}

function inSight({ top, height }: Sight, count: number, kept: number): number[] {
  if (height === 0) return [];
  // A list that has become shorter is scrolled back by the browser only after it is drawn.
  const from = Math.min(top, Math.max(0, count * ROW - height));
  const first = Math.max(0, Math.floor(from / ROW) - OVERSCAN);
  const last = Math.min(count, Math.ceil((from + height) / ROW) + OVERSCAN);
  const places = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  if (kept < 0 || kept >= count || (kept >= first && kept < last)) return places;
  return kept < first ? [kept, ...places] : [...places, kept];
}
