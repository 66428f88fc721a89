/** One row of the treegrid that is an operator: a leaf below the module whose own forward made it. */
import type { Column } from "../columns";
import { markedText } from "../find";
import { Swatch } from "./ColorBy";
import { EvidenceGlyph } from "./Icons";
import { Name, Shape } from "./parts";
import { Indent, type Standing } from "./Row";
import { ROW } from "./useVirtual";
import { quiet, type View } from "./view";

export interface OperatorProps extends Standing {
  view: View;
  node: number;
}

export function Operator({ view, node, place, columns, ...props }: OperatorProps) {
  const { tree, matches, query, colours } = view.store;
  const { nodes } = tree;
  const op = tree.ops[nodes.op[node]];
  const type = tree.types[nodes.type[node]] ?? "";
  const kind = tree.evidence[nodes.evidence[node]] ?? "";
  const level = tree.level[nodes.row[node]] + 1;
  const marked = matches.value?.nodes?.[node] ? (markedText(op, query.value, "op") ?? [0, op.length]) : null;
  return (
    <div
      class="tr op"
      role="row"
      data-row={tree.size + node}
      tabIndex={props.active ? 0 : -1}
      style={{ transform: `translateY(${place * ROW}px)` }}
      aria-label={[op, `node ${node}`, type, kind].filter((part) => part !== "").join(", ")}
      aria-rowindex={place + 2}
      aria-level={level + 1}
      aria-posinset={props.position}
      aria-setsize={props.siblings}
      aria-selected={props.selected}
      {...quiet}
    >
      <div class="name" role="rowheader" title={type}>
        <Indent level={level} room={props.room} />
        <span class="car" />
        {colours.value && <Swatch colours={colours.value} at={colours.value.ofNode(node)} />}
        <span class="nm">
          <Name text={op} mark={marked} />
        </span>
        <span class="cl">
          <Shape text={type} quietly />
        </span>
      </div>
      {columns.map((column) => (
        <OperatorCell key={column} column={column} node={node} kind={kind} />
      ))}
    </div>
  );
}

function OperatorCell({ column, node, kind }: { column: Column; node: number; kind: string }) {
  if (column === "nodes") {
    return (
      <div class="num cnt q" role="gridcell" title={`Node ${node} in execution order`}>
        <span>#{node}</span>
      </div>
    );
  }
  if (column !== "evidence") return <div role="gridcell" />;
  return (
    <div class="evc" role="gridcell">
      <EvidenceGlyph kind={kind} />
      <span>{kind}</span>
    </div>
  );
}
