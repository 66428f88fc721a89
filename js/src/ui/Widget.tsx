/** The whole widget: head, tools, tree beside pane, foot. One instance is one view of a model. */
import { Component, type ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { Store } from "../store";
import { ColorBy } from "./ColorBy";
import { ColumnChoice } from "./Columns";
import { Depth } from "./Depth";
import { asFailure, type Failure, FailureMessage } from "./Failure";
import { Find } from "./Find";
import { Foot } from "./Foot";
import { Head, Measures, Notes, Origin } from "./Head";
import { Pane } from "./Pane";
import { ROOT } from "./root";
import { Splitter } from "./Splitter";
import { Tree } from "./Tree";
import { createView } from "./view";
import { widgetKey } from "./widgetKeys";

export function Widget({ store }: { store: Store }) {
  return (
    <Guard>
      <Frame store={store} />
    </Guard>
  );
}

/** An error while drawing becomes a sentence; a blank output tells nobody anything. */
class Guard extends Component<{ children: ComponentChildren }, { failed: Failure | null }> {
  state: { failed: Failure | null } = { failed: null };

  componentDidCatch(error: unknown) {
    this.setState({ failed: asFailure(error) });
  }

  render() {
    const { failed } = this.state;
    return failed ? <FailureMessage {...failed} /> : this.props.children;
  }
}

function Frame({ store }: { store: Store }) {
  const id = useId();
  const [view] = useState(() => createView(store, id));
  const root = useRef<HTMLDivElement>(null);
  const { tree, height, tab } = store;
  const split = store.split[tab.value];
  const sizes = {
    ...(split.value !== null && { "--split": `${split.value}px` }),
    ...(height.value !== null && { "--height": `${height.value}px` }),
  };
  return (
    // A group, not a landmark: one model may be shown twice on a page.
    <div
      class={ROOT}
      role="group"
      aria-label={`${tree.title}: ONNX nodes by module`}
      ref={root}
      onKeyDown={(event) => widgetKey(event, view, root.current as HTMLElement)}
    >
      <Head view={view} />
      <div class="bar2">
        <Measures tree={tree} />
        <Find view={view} />
        <Depth view={view} />
        <span class="tools2">
          <ColorBy view={view} />
          <ColumnChoice view={view} />
        </span>
      </div>
      <Origin tree={tree} />
      <Notes notes={tree.notes} />
      <div class="body" data-tab={tab.value} style={sizes}>
        <Tree view={view} />
        <Splitter
          key={tab.value}
          axis="x"
          size={split}
          label="Width of the tree"
          low={180}
          high={(body) => body.clientWidth - 240}
        />
        <Pane view={view} />
      </div>
      <Splitter axis="y" size={height} label="Height" low={200} high={() => 1200} />
      <Foot view={view} />
      <div class="aloud said" role="status" aria-live="polite">
        {view.said.value}
      </div>
    </div>
  );
}
