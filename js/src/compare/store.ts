/** The state of one comparison, shared by all its views: a common tree's, the baseline, and what differs from it. */
import { batch, computed, type Signal, signal } from "@preact/signals";
import { type Ask, silence } from "../ask";
import { createStore, NONE } from "../store";
import { flatten, hasChildren, within } from "../tree";
import { both, differencesFrom, equalCount, stepFrom } from "./differences";
import { createPairs } from "./pairs";
import type { Comparison } from "./payload";
import { onGraph, regionOf } from "./region";
import { equalRows } from "./same";

export type CompareStore = ReturnType<typeof createCompareStore>;

export function createCompareStore(given: Comparison, ask: Ask = silence) {
  const pair = createPairs(given);
  const tree = { ...given.tree, same: equalRows(given, pair) };
  const comparison = { ...given, tree };
  const { columns } = comparison;
  const store = createStore(tree, askColumn(comparison, ask));
  const { folded, openings, selected } = store;
  const baseline = signal(comparison.baseline);
  const only = signal(false);
  const differences = computed(() => differencesFrom(comparison, pair, baseline.value));
  const listed = computed(() => both(store.kept.value, only.value ? differences.value.kept : null));
  const action = store.action as Signal<string>;
  /** Place of the difference that was stepped to last, and the node whose witnesses speak. */
  const stepped = signal(NONE);
  const chosen = signal(NONE);

  const select = (row: number) =>
    batch(() => {
      if (row !== selected.peek()) chosen.value = NONE;
      if (row !== NONE && only.peek() && !within(differences.peek().kept, row, tree.end[row])) only.value = false;
      store.select(row);
    });
  return {
    ...store,
    comparison,
    baseline,
    only,
    differences,
    chosen,
    stepped,
    shown: computed(() => flatten(folded, openings.value, listed.value, null, store.kept.value === null)),
    /** How many rows without a difference are hidden. */
    hidden: computed(() => (only.value ? equalCount(tree.end, differences.value.kept) : 0)),
    region: computed(() => (selected.value === NONE ? null : regionOf(comparison, baseline.value, selected.value))),
    openable: (row: number) => hasChildren(tree, openings.peek(), row, listed.peek()),
    /** Operators are no rows here. */
    setDepth: (depth: number) => store.setDepth(Math.min(depth, tree.deepest)),
    /** One row at a time: the columns are what stands beside each other here. */
    select,
    selectAll: ([row = NONE]: number[]) => select(row),
    toggle: (row: number) => select(row === selected.peek() ? NONE : row),
    stepCopy(by: 1 | -1): number {
      const row = store.stepCopy(by);
      if (row !== NONE) select(row);
      return row;
    },
    /** Compares with another column; a failed one cannot be compared with. */
    setBaseline(column: number) {
      if (!columns[column]?.cells || column === baseline.peek()) return;
      batch(() => {
        if (columns[column].graph !== columns[baseline.peek()].graph) chosen.value = NONE;
        baseline.value = column;
        stepped.value = NONE;
        // A selected row in which nothing differs any more is not hidden.
        if (only.peek() && selected.peek() !== NONE) select(selected.peek());
        action.value = "baseline";
      });
    },
    setOnly(value: boolean) {
      batch(() => {
        only.value = value;
        action.value = "only_differences";
      });
    },
    /** Goes to the next (1) or previous (-1) difference, chooses its node and returns its place, or NONE. */
    stepDifference(by: 1 | -1): number {
      const { steps } = differences.peek();
      const at = stepFrom(steps, stepped.peek(), selected.peek(), by);
      if (at === NONE) return NONE;
      batch(() => {
        select(steps[at].row);
        chosen.value = steps[at].node;
        stepped.value = at;
      });
      return at;
    },
    /** The witnesses of the chosen node: columns, each with the number of the node in the tree. */
    witnesses: computed(() => {
      const node = chosen.value;
      if (node === NONE) return [];
      return onGraph(comparison, baseline.value).map((column) => ({
        column,
        node,
        at: (columns[column].scopes?.first ?? 0) + node,
      }));
    }),
    /** The last action as a line of Python. */
    python: computed(() => {
      const widget = `${tree.variable}.widget`;
      if (action.value === "baseline") return `${widget}.baseline = ${baseline.value}`;
      if (action.value === "only_differences") return `${widget}.only_differences = ${only.value ? "True" : "False"}`;
      return store.python.value;
    }),
  };
}

/** The kernel knows a node by its column and its number there. */
function askColumn({ columns }: Comparison, ask: Ask): Ask {
  return (question, hear) => {
    if (question.kind !== "node") return hear({ kind: "silent" });
    const column = columns.findLastIndex(({ scopes }) => scopes !== null && scopes.first <= question.index);
    const asked = { ...question, column, index: question.index - (columns[column].scopes?.first ?? 0) };
    ask(asked, hear);
  };
}
