/** The compare widget: head, tools, columns over the rows of one tree, a drawer about the selected one, foot. */
import { useId, useState } from "preact/hooks";
import type { CompareStore } from "../../compare/store";
import { NONE } from "../../store";
import { Depth } from "../Depth";
import { Find } from "../Find";
import { Frame } from "../Frame";
import { Guard } from "../Guard";
import { Notes } from "../Head";
import { Splitter } from "../Splitter";
import { Drawer } from "./Drawer";
import { CompareFoot } from "./Foot";
import { CompareHead } from "./Head";
import { compareKey } from "./keys";
import { Rows } from "./Rows";
import { OnlyDifferences, Steps } from "./Steps";
import { createCompareView } from "./view";

export function Compare({ store }: { store: CompareStore }) {
  return (
    <Guard>
      <Whole store={store} />
    </Guard>
  );
}

function Whole({ store }: { store: CompareStore }) {
  const id = useId();
  const [view] = useState(() => createCompareView(store, id));
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
    <Frame view={view} label={`${tree.title}: ${names} compared`} onKey={compareKey}>
      <CompareHead view={view} />
      <div class="bar2">
        <OnlyDifferences view={view} />
        <Steps view={view} />
        <Find view={view} />
        <Depth view={view} operators={false} />
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
    </Frame>
  );
}
