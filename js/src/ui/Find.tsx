/** The find box: text, count, steps, and the filter to matches only. */
import { modified, taken } from "../keyboard";
import { Icon } from "./Icons";
import { quiet, stepMatch, type View } from "./view";

export function Find({ view }: { view: View }) {
  const { store } = view;
  const searching = store.query.value !== "";
  return (
    <search class="find">
      <Icon name="search" />
      <input
        value={store.query.value}
        placeholder="Find module, class, operator"
        aria-label="Find"
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => store.setQuery(event.currentTarget.value)}
        onKeyDown={(event) => findKey(event, view)}
        {...quiet}
      />
      <output aria-live="polite">{searching && counted(view)}</output>
      {searching ? <Steps view={view} /> : <span class="key">/</span>}
    </search>
  );
}

function counted({ store }: View): string {
  const count = store.matches.value?.rows.length ?? 0;
  return count === 0 ? "none" : `${store.match.value + 1} of ${count}`;
}

function Steps({ view }: { view: View }) {
  const { store } = view;
  const only = store.onlyMatches;
  const off = store.matches.value?.rows.length === 0;
  return (
    <>
      <button
        type="button"
        class="btn"
        aria-label="Previous match"
        title="Previous match (Shift+n)"
        disabled={off}
        onClick={() => stepMatch(view, -1)}
        {...quiet}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        class="btn"
        aria-label="Next match"
        title="Next match (n)"
        disabled={off}
        onClick={() => stepMatch(view, 1)}
        {...quiet}
      >
        <Icon name="down" />
      </button>
      <button
        type="button"
        class="btn"
        aria-label="Only matches"
        title="Only matches"
        aria-pressed={only.value}
        onClick={() => {
          only.value = !only.value;
        }}
        {...quiet}
      >
        <Icon name="filter" />
      </button>
    </>
  );
}

/** Enter and Shift+Enter step, the down arrow goes to the tree, Esc clears and leaves. */
function findKey(event: KeyboardEvent, view: View): void {
  event.stopPropagation();
  if (modified(event)) return;
  if (event.key === "Enter") stepMatch(view, event.shiftKey ? -1 : 1);
  else if (event.key === "ArrowDown" && view.store.shown.peek().rows.length > 0) view.focus.value = "tree";
  else if (event.key === "Escape") {
    view.store.setQuery("");
    view.focus.value = "tree";
  } else return;
  taken(event);
}
