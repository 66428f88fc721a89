/** Draws the rows in sight only: tanstack's virtualizer as a hook, for rows of one height. */
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

export const ROW = 24;

/** How many rows beyond the edges are drawn. */
const OVERSCAN = 8;

export interface Window {
  items: VirtualItem[];
  height: number;
  /** Rows in a page, for PgUp and PgDn. */
  page: number;
  /** Whether the scroller has a height; before that nothing can be scrolled to. */
  ready: boolean;
  scrollTo(place: number): void;
}

/** `kept` stays drawn wherever the list is scrolled: the row with the focus would lose it if it vanished. */
export function useVirtual(scroller: RefObject<HTMLElement | null>, count: number, kept: number): Window {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [virtualizer] = useState(
    () => new Virtualizer<HTMLElement, HTMLElement>(options(scroller, count, kept, () => redraw(undefined))),
  );
  virtualizer.setOptions(options(scroller, count, kept, () => redraw(undefined)));
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());

  const height = virtualizer.scrollRect?.height ?? 0;
  return {
    items: virtualizer.getVirtualItems(),
    height: virtualizer.getTotalSize(),
    page: Math.max(1, Math.floor(height / ROW) - 1),
    ready: height > 0,
    scrollTo: (place) => virtualizer.scrollToIndex(place, { align: "auto" }),
  };
}

function options(scroller: RefObject<HTMLElement | null>, count: number, kept: number, onChange: () => void) {
  return {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange,
    rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const places = defaultRangeExtractor(range);
      if (kept < 0 || kept >= count || places.includes(kept)) return places;
      return places.length > 0 && kept < places[0] ? [kept, ...places] : [...places, kept];
    },
  };
}
