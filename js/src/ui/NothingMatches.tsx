/** Said above the tree when a search finds nothing, with what it most likely meant. */
import { find, suggestion } from "../find";
import { Link } from "./parts";
import type { View } from "./view";

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
          <Link onClick={() => store.setQuery(better)}>
            <bdi>{better}</bdi>
          </Link>
          ? It finds {find(store.tree, better)?.count ?? 0}.
        </div>
      )}
    </div>
  );
}
