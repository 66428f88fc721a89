/** Parts of a grid of which only the rows in sight are drawn. */
import type { ComponentProps, RefObject } from "preact";
import { ROW, type Window } from "./useVirtual";
import { quiet } from "./view";

/** The box that is scrolled; mouse and keys are heard here once, for all rows. */
export function Scroller({
  box,
  sight,
  children,
  ...events
}: ComponentProps<"div"> & { box: RefObject<HTMLDivElement | null>; sight: Window }) {
  return (
    <div class="rows" role="rowgroup" ref={box} tabIndex={-1} {...events} {...quiet}>
      <div class="all" role="presentation" style={{ height: `${sight.height}px` }}>
        {children}
      </div>
    </div>
  );
}

/** A row at its place; the active one holds the tab stop. */
export function GridRow({ place, active, ...rest }: ComponentProps<"div"> & { place: number; active: boolean }) {
  return (
    <div
      role="row"
      tabIndex={active ? 0 : -1}
      style={{ transform: `translateY(${place * ROW}px)` }}
      {...rest}
      {...quiet}
    />
  );
}
