/** The find box: text, count, steps, the filter to matches only, the grammar, and what is wrong with a query. */
import { parse } from "../find";
import { plural } from "../format";
import { modified, taken } from "../keyboard";
import { FindHelp, use } from "./FindHelp";
import { Icon } from "./Icons";
import { IconButton, Link } from "./parts";
import { quiet, stepMatch, type View } from "./view";

export function Find({ view }: { view: View }) {
  const { store } = view;
  const query = store.query.value;
  const searching = query.trim() !== "";
  const { problem } = parse(query);
  return (
    <search class={`find${problem ? " wrong" : ""}`}>
      <Icon name="search" />
      <input
        value={query}
        placeholder="Find: text, op:MatMul, class:Linear"
        aria-label="Find"
        aria-invalid={problem !== null}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => store.setQuery(event.currentTarget.value)}
        onKeyDown={(event) => findKey(event, view)}
        {...quiet}
      />
      <output aria-live="polite" title={searching ? amount(view) : undefined}>
        {searching && counted(view)}
      </output>
      {searching ? <Steps view={view} /> : <span class="key">/</span>}
      <FindHelp view={view} />
      <div class="cause" role="status">
        {problem && <Problem view={view} message={problem.message} better={problem.better} />}
      </div>
    </search>
  );
}

function counted({ store }: View): string {
  const matches = store.matches.value;
  if (matches === null) return "";
  return matches.rows.length === 0 ? "none" : `${store.match.value + 1} of ${matches.rows.length}`;
}

/** What `3 of 48` counts. */
function amount({ store }: View): string | undefined {
  const matches = store.matches.value;
  if (matches === null) return undefined;
  const modules = plural(matches.rows.length, "module call");
  return matches.count === 0 ? modules : `${modules} with ${plural(matches.count, "node")}`;
}

function Problem({ view, message, better }: { view: View; message: string; better: string | null }) {
  return (
    <>
      {message}
      {better !== null && (
        <>
          {" "}
          Did you mean{" "}
          <Link mono onClick={(event) => use(event, view, better)}>
            <bdi>{better}</bdi>
          </Link>
          ?
        </>
      )}
    </>
  );
}

function Steps({ view }: { view: View }) {
  const { store } = view;
  const only = store.onlyMatches;
  const off = (store.matches.value?.rows.length ?? 0) === 0;
  return (
    <>
      <IconButton
        icon="up"
        label="Previous match"
        title="Previous match (Shift+n)"
        disabled={off}
        onClick={() => stepMatch(view, -1)}
      />
      <IconButton
        icon="down"
        label="Next match"
        title="Next match (n)"
        disabled={off}
        onClick={() => stepMatch(view, 1)}
      />
      <IconButton
        icon="filter"
        label="Only matches"
        aria-pressed={only.value}
        disabled={off}
        onClick={() => {
          only.value = !only.value;
        }}
      />
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
