/** The pane: the selected module, and four tabs about it. */

import { type ComponentType, createElement } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { copyName, noNodes, ownership } from "../format";
import { taken } from "../keyboard";
import { copyNumber } from "../openings";
import { TABS, type Tab } from "../store";
import { titleOf } from "../tree";
import { About } from "./About";
import { Graph } from "./Graph";
import { Nodes } from "./Nodes";
import { CopyButton, IconButton } from "./parts";
import { Source } from "./Source";
import { quiet, stepCopy, type View } from "./view";

const PANELS: Record<Tab, { title: string; panel: ComponentType<{ view: View }> }> = {
  nodes: { title: "Nodes", panel: Nodes },
  graph: { title: "Graph", panel: Graph },
  source: { title: "Source", panel: Source },
  about: { title: "About", panel: About },
};

export function Pane({ view }: { view: View }) {
  const { tree, selected, tab } = view.store;
  const id = useId();
  const row = Math.max(selected.value, 0);
  return (
    <div class="pane" data-zone="pane">
      <div class="ph">
        <span class="mono path" title={tree.key[row]}>
          <bdi>{titleOf(tree, row)}</bdi>
        </span>
        {row === 0 ? (
          <span class="q sm">root</span>
        ) : (
          <>
            <bdi class="q sm cls">{tree.classes[tree.cls[row]]}</bdi>
            <CopyButton text={tree.key[row]} label="Copy path" />
          </>
        )}
        <span class="grow" />
        <Standing view={view} row={row} />
      </div>
      <Tabs view={view} id={id} />
      <Panel key={tab.value} view={view} id={id} tab={tab.value} />
    </div>
  );
}

/** How many nodes are the row's own, or which of its equal copies it is. */
function Standing({ view, row }: { view: View; row: number }) {
  const { tree, folded, also } = view.store;
  if (also.value.size > 0) return <span class="q sm">{also.value.size + 1} selected</span>;
  let copy = row;
  while (copy > 0 && folded.runs.copies[copy] === 1) copy = tree.parent[copy];
  const copies = folded.runs.copies[copy];
  if (copies === 1) {
    const total = tree.total[row];
    return <span class="q sm">{total === 0 ? noNodes(tree, row) : ownership(tree.own[row], total)}</span>;
  }
  return (
    <span class="step sm">
      <IconButton
        icon="left"
        label="Previous copy"
        title="Previous equal copy ([)"
        onClick={() => stepCopy(view, -1)}
      />
      <span title={`${ownership(tree.own[row], tree.total[row])}; all ${copies} copies are equal`}>
        <bdi>{copyName(tree, copy)}</bdi>
        <span class="q">
          , {copyNumber(folded, copy) + 1} of {copies} equal
        </span>
      </span>
      <IconButton icon="right" label="Next copy" title="Next equal copy (])" onClick={() => stepCopy(view, 1)} />
    </span>
  );
}

function Tabs({ view, id }: { view: View; id: string }) {
  const { tree, regions, tab, setTab } = view.store;
  const count = regions.value.reduce((sum, row) => sum + tree.total[row], 0);
  const key = (event: KeyboardEvent) => {
    const at = TABS.indexOf(tab.peek());
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined) return;
    const next = (to + TABS.length) % TABS.length;
    setTab(TABS[next]);
    ((event.currentTarget as HTMLElement).children[next] as HTMLElement).focus();
    taken(event);
  };
  return (
    <div class="tabs" role="tablist" aria-label="About the selected module" onKeyDown={key}>
      {TABS.map((name, i) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`${id}-${name}`}
          aria-selected={name === tab.value}
          aria-controls={name === tab.value ? `${id}-panel` : undefined}
          tabIndex={name === tab.value ? 0 : -1}
          title={`${PANELS[name].title} (${i + 1})`}
          onClick={() => setTab(name)}
          {...quiet}
        >
          {PANELS[name].title}
          {name === "nodes" && <span class="n">{count}</span>}
        </button>
      ))}
    </div>
  );
}

/** The first tab stop of a panel takes the focus when it is asked for; a list of rows takes it by itself. */
function Panel({ view, id, tab }: { view: View; id: string; tab: Tab }) {
  const panel = useRef<HTMLDivElement>(null);
  const asked = view.focus.value === tab;
  useLayoutEffect(() => {
    if (!asked || tab === "nodes" || view.focus.peek() !== tab) return;
    view.focus.value = null;
    (panel.current?.querySelector<HTMLElement>('[tabindex="0"]') ?? panel.current)?.focus({ preventScroll: true });
  });
  return (
    <div
      class="tp"
      role="tabpanel"
      id={`${id}-panel`}
      aria-labelledby={`${id}-${tab}`}
      tabIndex={-1}
      ref={panel}
      {...quiet}
    >
      {createElement(PANELS[tab].panel, { view })}
    </div>
  );
}
