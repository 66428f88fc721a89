/** The whole widget: head, tools, tree beside pane, foot. One instance is one view of a model. */
import { useId, useState } from "preact/hooks";
import type { Store } from "../store";
import { ColorBy } from "./ColorBy";
import { ColumnChoice } from "./Columns";
import { Depth } from "./Depth";
import { Find } from "./Find";
import { Foot } from "./Foot";
import { Frame } from "./Frame";
import { Guard } from "./Guard";
import { Head, Measures, Notes, Origin } from "./Head";
import { KEYS } from "./Keys";
import { Pane } from "./Pane";
import { Splitter } from "./Splitter";
import { Tree } from "./Tree";
import { createView } from "./view";
import { widgetKey } from "./widgetKeys";

export function Widget({ store }: { store: Store }) {
  return (
    <Guard>
      <Whole store={store} />
    </Guard>
  );
}

function Whole({ store }: { store: Store }) {
  const id = useId();
  const [view] = useState(() => createView(store, id));
  const { tree, height, tab } = store;
  const split = store.split[tab.value];
  const sizes = {
    ...(split.value !== null && { "--split": `${split.value}px` }),
    ...(height.value !== null && { "--height": `${height.value}px` }),
  };
  return (
    <Frame view={view} label={`${tree.title}: ONNX nodes by module`} onKey={widgetKey}>
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
      <Foot view={view} keys={KEYS} />
    </Frame>
  );
}
