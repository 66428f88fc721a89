/** The treegrid of modules. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { suggestion } from "../find";
import { createTypeAhead } from "../keyboard";
import { placeOf } from "../tree";
import { Row } from "./Row";
import { rowClick, rowDoubleClick, treeKey } from "./treeEvents";
import { useVirtual, type Window } from "./useVirtual";
import { quiet, useAskedFocus, type View } from "./view";

export function Tree({ view }: { view: View }) {
  const { store } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const [typed] = useState(createTypeAhead);
  const rows = store.shown.value.rows;
  const place = placeOf(store.tree, rows, view.active.value);
  const sight = useVirtual(scroller, rows.length, place);
  useReveal(view, sight);
  useAskedFocus(view, "tree", scroller, () => sight.scrollTo(place));
  return (
    <div class="tree" data-zone="tree">
      <NothingMatches view={view} />
      <div class="grid" role="treegrid" aria-label="Modules" aria-rowcount={rows.length + 1}>
        <Header />
        <div
          class="rows"
          role="rowgroup"
          ref={scroller}
          tabIndex={-1}
          {...quiet}
          onClick={(event) => rowClick(event, view)}
          onDblClick={(event) => rowDoubleClick(event, view)}
          onKeyDown={(event) => treeKey(event, { view, place, page: sight.page, typed })}
        >
          <div class="all" role="presentation" style={{ height: `${sight.height}px` }}>
            <Rows view={view} sight={sight} activePlace={place} />
          </div>
        </div>
      </div>
    </div>
  );
}

function Rows({ view, sight, activePlace }: { view: View; sight: Window; activePlace: number }) {
  const { store } = view;
  const { tree } = store;
  const shown = store.shown.value;
  const open = store.open.value;
  const matches = store.matches.value;
  return sight.items.map(({ index }) => {
    const row = shown.rows[index];
    return (
      <Row
        key={row}
        tree={tree}
        row={row}
        place={index}
        position={shown.position[row]}
        siblings={row === 0 ? 1 : shown.children[tree.parent[row]]}
        openable={store.openable(row)}
        open={open[row] === 1}
        selected={row === store.selected.value}
        active={index === activePlace}
        query={store.query.value}
        operatorMatch={matches?.byNode[row] === 1}
        currentMatch={matches?.rows[store.match.value] === row}
      />
    );
  });
}

function Header() {
  return (
    <div role="rowgroup">
      <div class="tr th" role="row" aria-rowindex={1}>
        <div role="columnheader">module</div>
        <div
          class="num nodes"
          role="columnheader"
          title="Bar: share of the parent; dark: made by the module itself, light: by its children"
        >
          <span class="wide">ONNX </span>nodes
        </div>
        <div class="num unit" role="columnheader">
          parameters
        </div>
        <div class="num unit" role="columnheader">
          bytes
        </div>
      </div>
    </div>
  );
}

function NothingMatches({ view: { store } }: { view: View }) {
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
          ?
        </div>
      )}
    </div>
  );
}

/** Follows the store to a row that was selected or found, here or in another view. */
function useReveal(view: View, sight: Window): void {
  const done = useRef<{ row: number } | null>(null);
  const reveal = view.store.reveal.value;
  useLayoutEffect(() => {
    if (!sight.ready || done.current === reveal) return;
    done.current = reveal;
    view.active.value = reveal.row;
    sight.scrollTo(placeOf(view.store.tree, view.store.shown.peek().rows, reveal.row));
  });
}
