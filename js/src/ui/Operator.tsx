/** One row of the treegrid that is an operator: a leaf below the module whose own forward made it. */
import type { Column } from "../columns";
import { markedText } from "../find";
import { listed } from "../format";
import { Swatch } from "./ColorBy";
import { EvidenceGlyph } from "./Icons";
import { Name, Shape } from "./parts";
import { Indent, type Standing, TreeRow } from "./TreeRow";

interface OperatorProps extends Standing {
  node: number;
  columns: Column[];
}

export function Operator({ node, columns, ...standing }: OperatorProps) {
  const { view, room } = standing;
  const { tree, matches, query, colours } = view.store;
  const { nodes } = tree;
  const op = tree.ops[nodes.op[node]];
  const type = tree.types[nodes.type[node]] ?? "";
  const kind = tree.evidence[nodes.evidence[node]] ?? "";
  const level = tree.level[nodes.row[node]] + 1;
  const marked = matches.value?.nodes?.[node] ? (markedText(op, query.value, "op") ?? [0, op.length]) : null;
  return (
    <TreeRow
      of={standing}
      row={tree.size + node}
      level={level}
      class="tr op"
      aria-label={listed([op, `node ${node}`, type, kind])}
    >
      <div class="name" role="rowheader" title={type}>
        <Indent level={level} room={room} />
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
    </TreeRow>
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
