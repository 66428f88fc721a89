/** The compare widget: head, tools, columns over the rows of one tree, a drawer about the selected one, foot. */
import { useErrorBoundary, useId, useMemo, useRef, useState } from "preact/hooks";
import type { CompareStore } from "../../compare/store";
import { NONE } from "../../store";
import { Depth } from "../Depth";
import { asFailure, FailureMessage } from "../Failure";
import { Find } from "../Find";
import { Notes } from "../Head";
import { ROOT } from "../root";
import { Splitter } from "../Splitter";
import { Drawer } from "./Drawer";
import { CompareFoot } from "./Foot";
import { CompareHead } from "./Head";
import { compareKey } from "./keys";
import { Rows } from "./Rows";
import { OnlyDifferences, Steps } from "./Steps";
import { type CompareView, createCompareView } from "./view";

/** An error while drawing becomes a sentence; a blank output tells nobody anything. */
export function Compare({ store }: { store: CompareStore }) {
  const [failed] = useErrorBoundary();
  return failed ? <FailureMessage {...asFailure(failed)} /> : <Frame store={store} />;
}

function Frame({ store }: { store: CompareStore }) {
  const id = useId();
  const [view] = useState(() => createCompareView(store, id));
  const root = useRef<HTMLDivElement>(null);
  const { comparison, selected, split, height } = store;
  const { tree, columns } = comparison;
  const rows = split.nodes;
  const open = selected.value !== NONE;
  const names = columns.map(({ name }) => name).join(", ");
  const sizes = {
    "--n": columns.length,
    ...(rows.value !== null && { "--rows": `${rows.value}px` }),
    ...(height.value !== null && { "--drawer": `${height.value}px` }),
  };
  return (
    // A group, not a landmark: one model may be shown twice on a page.
    <div
      class={ROOT}
      role="group"
      aria-label={`${tree.title}: ${names} compared`}
      ref={root}
      onKeyDown={(event) => compareKey(event, view, root.current as HTMLElement)}
    >
      <CompareHead view={view} />
      <div class="bar2">
        <OnlyDifferences view={view} />
        <Steps view={view} />
        <Find view={view} />
        <ModuleDepth view={view} />
      </div>
      <Notes notes={tree.notes} />
      <div
        class="cmp"
        style={sizes}
        data-few={columns.length <= 3 || undefined}
        data-dragged={rows.value !== null || undefined}
      >
        <Rows view={view} />
        <Splitter axis="y" size={rows} label="Height of the rows" low={96} high={() => 1200} />
        {open && <Drawer view={view} />}
        {open && <Splitter axis="y" size={height} label="Height of the drawer" low={96} high={() => 1200} />}
      </div>
      <CompareFoot view={view} />
      <div class="aloud said" role="status" aria-live="polite">
        {view.said.value}
      </div>
    </div>
  );
}

/** Operators are no rows here: the tree that the slider asks has none. */
function ModuleDepth({ view }: { view: CompareView }) {
  const { store } = view;
  const bare = useMemo(() => {
    const tree = { ...store.tree, nodes: { ...store.tree.nodes, count: 0 } };
    return { ...view, store: { ...store, tree } };
  }, [view, store]);
  return <Depth view={bare} />;
}
