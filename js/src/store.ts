/**
 * The state of one widget model, shared by all its views. Rule: nothing in here knows Python or the page.
 * `sync.ts` keeps the traits of the model in step with it.
 */
import { batch } from "@preact/signals";
import { type Ask, silence } from "./ask";
import type { Column } from "./columns";
import type { Tree } from "./payload";
import { answerActions } from "./store/answers";
import { openingActions } from "./store/openings";
import { pythonLine } from "./store/python";
import { searchActions } from "./store/search";
import { selectionActions } from "./store/selection";
import { type Action, type ColorBy, createState, type State, type Tab } from "./store/state";

export type { NodeDetail, Port, SourceText } from "./ask";
export { NoAnswer } from "./store/answers";
export type { Asked, ColorBy, DetailState, SourceState, Tab } from "./store/state";
export { COLOURS, NONE, TABS } from "./store/state";

export type Store = ReturnType<typeof createStore>;

export function createStore(tree: Tree, ask: Ask = silence) {
  const state = createState(tree);
  return {
    ...state,
    ...openingActions(state),
    ...selectionActions(state),
    ...searchActions(state),
    ...choices(state),
    ...answerActions(state, ask),
    /** The last action as a line of Python. */
    python: pythonLine(state),
  };
}

/** Plain choices, each of which Python has a trait for. */
function choices({ action, sort, columns, colorBy, tab }: State) {
  const choose =
    <T>(name: Action, to: { value: T }) =>
    (value: T) => {
      batch(() => {
        to.value = value;
        action.value = name;
      });
    };
  return {
    setSort: choose<string>("sort", sort),
    setColumns: choose<Column[]>("columns", columns),
    setColorBy: choose<ColorBy>("color_by", colorBy),
    setTab: choose<Tab>("tab", tab),
  };
}
