/** The signals of one model: what the views draw, and what Python may set. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { NodeDetail, SourceText } from "../ask";
import { coloursOf } from "../colours";
import { CHOSEN, ranking } from "../columns";
import { certainty } from "../evidence";
import { find, type Matches } from "../find";
import { calmDepth, closed, depthOf, type Folded, openTo } from "../openings";
import type { Tree } from "../payload";
import { findRuns } from "../runs";
import { flatten } from "../tree";

export const NONE = -1;

export const TABS = ["nodes", "graph", "source", "about"] as const;
export type Tab = (typeof TABS)[number];

export const COLOURS = ["none", "kind", "evidence", "error", "parameters", "operator"] as const;
export type ColorBy = (typeof COLOURS)[number];

export type Asked = { state: "asked" } | { state: "silent" } | { state: "failed"; message: string };
export type DetailState = Asked | { state: "known"; detail: NodeDetail };
export type SourceState = Asked | { state: "known"; source: SourceText };

/** What the user did last, as far as Python has a word for it. */
export type Action = "select" | "find" | "sort" | "columns" | "color_by" | "tab" | "depth";

export type State = ReturnType<typeof createState>;

export function createState(tree: Tree) {
  const folded: Folded = { tree, runs: findRuns(tree) };
  // A file without a hierarchy is its operators.
  const depth = tree.deepest === 0 ? 1 : calmDepth(folded);
  const opened = signal(openTo(folded, closed(tree.size), depth));
  /** Openings while only matches are shown; the others come back unchanged afterwards. */
  const openedInMatches = signal(openTo(folded, opened.peek(), tree.deepest));
  const query = signal("");
  const onlyMatches = signal(false);
  const matches: ReadonlySignal<Matches | null> = computed(() => (query.value === "" ? null : find(tree, query.value)));
  const kept = computed(() => (onlyMatches.value ? matches.value : null));
  const openings = computed(() => (kept.value ? openedInMatches.value : opened.value));
  const sort = signal("");
  const colorBy = signal<ColorBy>("none");
  const selected = signal(NONE);
  const also = signal<ReadonlySet<number>>(new Set());
  return {
    tree,
    folded,
    opened,
    openedInMatches,
    openings,
    query,
    onlyMatches,
    matches,
    kept,
    sort,
    columns: signal(CHOSEN),
    colorBy,
    colours: computed(() => coloursOf(tree, colorBy.value)),
    shown: computed(() => {
      const rank = ranking(folded, openings.value, sort.value, (row) => certainty(tree, row));
      return flatten(folded, openings.value, kept.value, rank);
    }),
    depth: computed(() => depthOf(folded, openings.value)),
    /** Place of the current match among the matches. */
    match: signal(0),
    /** The row that the pane is about, and rows selected beside it. */
    selected,
    also,
    /** The selected rows without those inside of others; the root where nothing is selected. */
    regions: computed(() => outermost(tree, [Math.max(selected.value, 0), ...also.value])),
    tab: signal<Tab>("nodes"),
    /** What the mouse is over: lights up in the other places where it stands. */
    linked: signal<{ node: number } | { row: number } | null>(null),
    /** The node whose detail is docked. */
    node: signal(NONE),
    details: signal<ReadonlyMap<number, DetailState>>(new Map()),
    sources: signal<ReadonlyMap<number, SourceState>>(new Map()),
    action: signal<Action>("select"),
    /** Every view scrolls to this row whenever a new object is set. */
    reveal: signal<{ row: number }>({ row: 0 }),
    /** Width of the tree by tab and height of the body in px, once dragged. */
    split: Object.fromEntries(TABS.map((tab) => [tab, signal<number | null>(null)])) as Record<
      Tab,
      Signal<number | null>
    >,
    height: signal<number | null>(null),
  };
}

function outermost({ end }: Tree, rows: number[]): number[] {
  const out: number[] = [];
  for (const row of rows.sort((a, b) => a - b)) if (out.length === 0 || row >= end[out[out.length - 1]]) out.push(row);
  return out;
}
