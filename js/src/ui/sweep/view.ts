/** What belongs to one view of a sweep, and what its cells are. */
import { type Signal, signal } from "@preact/signals";
import { NONE } from "../../store";
import type { SweepStore } from "../../sweep/store";
import { createSideways } from "../compare/sideways";
import type { Shell } from "../view";

export interface SweepView extends Shell {
  store: SweepStore;
  /** The cell with the tab stop: a model, and a place among the columns, of which the first is the model's name. */
  active: Signal<{ model: number; column: number }>;
  /** Keeps heads and rows at one place sideways. */
  sideways: ReturnType<typeof createSideways>;
}

export function createSweepView(store: SweepStore, id: string): SweepView {
  return {
    store,
    id,
    active: signal({ model: NONE, column: 1 }),
    focus: signal(null),
    popover: signal(null),
    said: signal(""),
    sideways: createSideways(),
  };
}

/** The name, the variants, and what stands last: seconds, or in what two variants differ. */
export const columnCount = ({ columns }: SweepStore) => columns.value.length + 2;

/** The cell in which something happened. */
export function cellOf(event: Event): { model: number; column: number } | null {
  const cell = (event.target as Element).closest<HTMLElement>("[data-column]");
  const row = cell?.closest<HTMLElement>("[data-row]");
  return cell && row ? { model: Number(row.dataset.row), column: Number(cell.dataset.column) } : null;
}

/** The job in a cell; NONE where the cell has none. */
export function jobAt({ sweep, columns }: SweepStore, model: number, column: number): number {
  const variant = columns.peek()[column - 1];
  return variant === undefined || model === NONE ? NONE : sweep.at[model * sweep.variants.length + variant];
}

/** Shows a job's facts, or no longer where they are shown. */
export function toggle({ store }: SweepView, job: number): void {
  if (job !== NONE) store.select(job === store.selected.peek() ? NONE : job);
}

/** Closes the drawer and gives the focus back to the cells. */
export function closeDrawer({ store, focus }: SweepView): void {
  store.select(NONE);
  focus.value = "tree";
}
