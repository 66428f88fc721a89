/** The graph: the selected module drawn with its child modules, own operators, and the values between them. */

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { noNodes } from "../format";
import { measureWith } from "../graph/measure";
import { NONE } from "../store";
import { titleOf } from "../tree";
import { Detail } from "./Detail";
import { Canvas } from "./graph/Canvas";
import { Card } from "./graph/Card";
import { Legend } from "./graph/Legend";
import { follow, type GraphState, graphState } from "./graph/state";
import { Tools } from "./graph/Tools";
import type { View } from "./view";

export function Graph({ view }: { view: View }) {
  const { store } = view;
  const { tree, selected } = store;
  const state = graphState(view);
  const row = selected.value;
  useLayoutEffect(() => follow(view, state), [view, state, row]);
  const drawn = state.drawn.value;
  if (tree.total[drawn] === 0) return <div class="msg q">Nothing to draw: {noNodes(tree, drawn)}.</div>;
  return (
    <>
      {drawn !== Math.max(row, 0) && (
        <div class="tools">
          drawn: <bdi class="mono">{titleOf(tree, drawn)}</bdi>
        </div>
      )}
      <Drawing view={view} state={state} />
      {store.node.value !== NONE && <Detail view={view} node={store.node.value} />}
    </>
  );
}

function Drawing({ view, state }: { view: View; state: GraphState }) {
  const canvas = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = canvas.current as HTMLElement;
    if (view.focus.peek() === "graph") state.focus.value = true;
    const style = getComputedStyle(element);
    state.measure.value ??= measureWith(style.getPropertyValue("--ui"), style.getPropertyValue("--mono"));
    const watch = () => {
      const { clientWidth: width, clientHeight: height } = element;
      const before = state.canvas.peek();
      if (width !== before.width || height !== before.height) state.canvas.value = { width, height };
    };
    watch();
    const observer = new ResizeObserver(watch);
    observer.observe(element);
    return () => observer.disconnect();
  }, [view, state]);
  useEffect(
    () => () => {
      view.store.linked.value = null;
      state.over.value = null;
    },
    [view, state],
  );
  return (
    <>
      <div class="cv" ref={canvas}>
        {state.measure.value && <Canvas view={view} state={state} canvas={canvas} />}
        <Tools view={view} state={state} />
        <Card view={view} state={state} />
      </div>
      {state.measure.value && <Legend scene={state.scene.value} note={state.note.value} />}
    </>
  );
}
