/** The pane: the selected module and the ONNX nodes of its region. */
import { noNodes, ownership } from "../format";
import { NONE } from "../store";
import { Detail } from "./Detail";
import { Nodes } from "./Nodes";
import { CopyButton } from "./parts";
import type { View } from "./view";

export function Pane({ view }: { view: View }) {
  const { tree, selected, node } = view.store;
  const row = Math.max(selected.value, 0);
  const { own, total } = { own: tree.own[row], total: tree.total[row] };
  return (
    <div class="pane" data-zone="pane">
      <div class="ph">
        <span class="mono path" title={tree.key[row]}>
          <bdi>{row === 0 ? tree.title : tree.key[row]}</bdi>
        </span>
        {row === 0 ? <span class="q sm">root</span> : <CopyButton text={tree.key[row]} label="Copy path" />}
        <span class="grow" />
        <span class="q sm">{total === 0 ? noNodes(tree, row) : ownership(own, total)}</span>
      </div>
      {total === 0 ? (
        <div class="msg q">No nodes to list.</div>
      ) : (
        <>
          <Nodes key={row} view={view} row={row} />
          {node.value !== NONE && <Detail view={view} node={node.value} />}
        </>
      )}
    </div>
  );
}
