/** Said above the tree when a search finds nothing, with what it most likely meant. */
import { find, suggestion } from "../find";
import { quiet, type View } from "./view";

export function NothingMatches({ view: { store } }: { view: View }) {
  const query = store.query.value;
  if (store.matches.value?.rows.length !== 0) return null;
  const better = suggestion(store.tree, query);
  return (
    <div class="msg">
      <b>Nothing matches</b> <bdi class="mono">{query}</bdi>
      {better !== null && (
        <div class="q">
          Did you mean{" "}
          <button type="button" class="link" onClick={() => store.setQuery(better)} {...quiet}>
            <bdi>{better}</bdi>
          </button>
          ? It finds {find(store.tree, better)?.count ?? 0}.
        </div>
      )}
    </div>
  );
}
