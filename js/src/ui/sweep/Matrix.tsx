/** The matrix of a sweep: head, progress, tools, a cell for each job, a drawer about the selected one, foot. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { NONE } from "../../store";
import type { SweepStore } from "../../sweep/store";
import { countWords } from "../../sweep/words";
import { Foot } from "../Foot";
import { Frame } from "../Frame";
import { Guard } from "../Guard";
import { Notes } from "../Head";
import { Splitter } from "../Splitter";
import { Drawer } from "./Drawer";
import { Progress, SweepHead } from "./Head";
import { SWEEP_KEYS, sweepKey } from "./keys";
import { Rows } from "./Rows";
import { Tools } from "./Tools";
import { createSweepView, type SweepView } from "./view";

export function Matrix({ store }: { store: SweepStore }) {
  return (
    <Guard>
      <Whole store={store} />
    </Guard>
  );
}

function Whole({ store }: { store: SweepStore }) {
  const id = useId();
  const [view] = useState(() => createSweepView(store, id));
  const { selected, split, columns, compared, notes } = store;
  const job = selected.value;
  useSaidAtTheEnd(view);
  const sizes = {
    "--n": columns.value.length,
    ...(split.rows.value !== null && { "--rows": `${split.rows.value}px` }),
    ...(split.drawer.value !== null && { "--drawer": `${split.drawer.value}px` }),
  };
  return (
    <Frame view={view} label="Sweep: jobs by model and variant" onKey={sweepKey}>
      <SweepHead view={view} />
      <Progress view={view} />
      <Tools view={view} />
      <Notes notes={notes.value} />
      <div
        class="cmp swp"
        style={sizes}
        data-dragged={split.rows.value !== null || undefined}
        data-pair={compared.value !== null || undefined}
      >
        <Rows view={view} />
        <Splitter axis="y" size={split.rows} label="Height of the rows" low={96} high={() => 1200} />
        {job !== NONE && <Drawer view={view} job={job} />}
        {job !== NONE && (
          <Splitter axis="y" size={split.drawer} label="Height of the drawer" low={96} high={() => 1200} />
        )}
      </div>
      <Foot view={view} keys={SWEEP_KEYS} />
    </Frame>
  );
}

function useSaidAtTheEnd({ store, said }: SweepView): void {
  const { running } = store.clock.value;
  const before = useRef(running);
  useEffect(() => {
    if (before.current && !running) said.value = `The sweep has ended: ${countWords(store.counts.peek())}`;
    before.current = running;
  }, [running]);
}
