/**
 * The state of one widget model, shared by all its views. Rule: nothing in this file knows Python. What Python
 * must know is `selected` and `node`, and `sync.ts` watches those two.
 */
import { batch, computed, signal } from "@preact/signals";
import { find, type Matches } from "./find";
import { python } from "./format";
import type { Tree } from "./payload";
import { calmDepth, depthOf, flatten, hasChildren, openAbove, openTo } from "./tree";

export interface Port {
  name: string;
  type: string;
  parameter?: string | null;
}

/** What the kernel tells about a node. */
export interface NodeDetail {
  name: string;
  op: string;
  domain: string;
  inputs: Port[];
  outputs: Port[];
  attributes: { name: string; value: string; type: string }[];
  evidence: string;
  confidence: number;
  source: string | null;
  also: string[];
}

export type DetailState =
  | { state: "asked" }
  | { state: "known"; detail: NodeDetail }
  | { state: "silent" }
  | { state: "failed"; message: string };

export const NONE = -1;

type State = ReturnType<typeof createState>;
export type Store = ReturnType<typeof createStore>;

export function createStore(tree: Tree) {
  const state = createState(tree);
  return { ...state, ...openings(state), ...selection(state), ...search(state) };
}

function createState(tree: Tree) {
  const opened = signal(openTo(tree, calmDepth(tree)));
  /** Openings while only matches are shown; the others come back unchanged afterwards. */
  const openedInMatches = signal(new Uint8Array(tree.size).fill(1));
  const query = signal("");
  const onlyMatches = signal(false);
  const matches = computed<Matches | null>(() => (query.value === "" ? null : find(tree, query.value)));
  const kept = computed(() => (onlyMatches.value ? matches.value : null));
  const open = computed(() => (kept.value ? openedInMatches.value : opened.value));
  const selected = signal(NONE);
  return {
    tree,
    opened,
    openedInMatches,
    open,
    query,
    onlyMatches,
    matches,
    kept,
    shown: computed(() => flatten(tree, open.value, kept.value)),
    depth: computed(() => depthOf(tree, open.value)),
    /** Place of the current match among the matches. */
    match: signal(0),
    selected,
    /** The node whose detail is docked. */
    node: signal(NONE),
    details: signal<ReadonlyMap<number, DetailState>>(new Map()),
    /** The last action as a line of Python. */
    python: computed(() => {
      const target = `${tree.variable}.widget.selected`;
      return selected.value === NONE ? target : `${target} = ${python(tree.key[selected.value])}`;
    }),
    /** Every view scrolls to this row whenever a new object is set. */
    reveal: signal<{ row: number }>({ row: 0 }),
    /** Width of the tree and height of the body in px, once dragged. */
    split: signal<number | null>(null),
    height: signal<number | null>(null),
  };
}

function openings({ tree, kept, opened, openedInMatches }: State) {
  const flags = () => (kept.peek() ? openedInMatches : opened);
  const openable = (row: number) => hasChildren(tree, row, kept.peek());
  return {
    openable,
    setOpen(row: number, value: boolean) {
      if (!openable(row)) return;
      const next = flags().peek().slice();
      next[row] = value ? 1 : 0;
      flags().value = next;
    },
    /** Opens every row beside `row`, and tells how many it opened. */
    openSiblings(row: number): number {
      const next = flags().peek().slice();
      let count = 0;
      for (let at = 0; at < tree.size; at++) {
        if (tree.parent[at] !== tree.parent[row] || next[at] || !openable(at)) continue;
        next[at] = 1;
        count++;
      }
      flags().value = next;
      return count;
    },
    setDepth(depth: number) {
      flags().value = openTo(tree, depth);
    },
  };
}

function selection({ tree, selected, node, reveal, opened, openedInMatches, kept, onlyMatches }: State) {
  const inRegion = (row: number) => {
    const owner = tree.nodes.row[node.peek()];
    return owner >= row && owner < tree.end[row];
  };
  const filteredOut = (row: number) => {
    const upTo = kept.peek()?.upTo;
    return upTo !== undefined && upTo[tree.end[row]] === upTo[row];
  };
  return {
    /** Selects a row and shows it; NONE selects nothing. A docked node stays while its region does. */
    select(row: number) {
      batch(() => {
        selected.value = row;
        if (node.peek() !== NONE && !inRegion(Math.max(row, 0))) node.value = NONE;
        if (row === NONE) return;
        if (filteredOut(row)) onlyMatches.value = false;
        opened.value = openAbove(tree, opened.peek(), row);
        openedInMatches.value = openAbove(tree, openedInMatches.peek(), row);
        reveal.value = { row };
      });
    },
  };
}

function search({ tree, query, match, matches, onlyMatches, reveal, opened, openedInMatches }: State) {
  /** What was open before the search opened the way to a match: the search leaves one way open, not all. */
  let before: Uint8Array<ArrayBuffer> | null = null;
  let after: Uint8Array<ArrayBuffer> | null = null;

  const show = (place: number) => {
    const row = matches.peek()?.rows[place];
    if (row === undefined) return;
    // Rows opened or closed by hand since the last step are kept as the new state to return to.
    if (before === null || opened.peek() !== after) before = opened.peek();
    after = openAbove(tree, before, row);
    match.value = place;
    opened.value = after;
    openedInMatches.value = openAbove(tree, openedInMatches.peek(), row);
    reveal.value = { row };
  };
  return {
    /** Searches as the user types and shows the first match. */
    setQuery(text: string) {
      batch(() => {
        query.value = text;
        match.value = 0;
        openedInMatches.value = new Uint8Array(tree.size).fill(1);
        if (text === "") {
          before = null;
          onlyMatches.value = false;
        } else show(0);
      });
    },
    /** Goes to the next (1) or previous (-1) match and returns its row, or NONE. */
    step(by: 1 | -1): number {
      const rows = matches.peek()?.rows;
      if (!rows || rows.length === 0) return NONE;
      const place = (match.peek() + by + rows.length) % rows.length;
      batch(() => show(place));
      return rows[place];
    },
  };
}
