/** Builds a payload from a nested description of modules. */

export interface Module {
  name: string;
  cls: string;
  call?: number;
  absolute?: boolean;
  params?: number;
  reason?: string;
  /** Largest difference to PyTorch; null where it was not compared. By default something small. */
  error?: number | null;
  /** Operators with output type and line, before (`ops`) the children. */
  ops?: [op: string, type: string, line?: number][];
  children?: Module[];
}

/** Columns from a nested description; nodes run in pre-order, and each reads the one before it. */
export function payloadOf(root: Module, head: Record<string, unknown> = {}) {
  const table = () => {
    const list: string[] = [];
    return { list, at: (text: string) => (list.includes(text) ? list.indexOf(text) : list.push(text) - 1) };
  };
  const [classes, reasons, ops, types] = [table(), table(), table(), table()];
  const rows = {
    parent: [] as number[],
    name: [] as string[],
    absolute: [] as number[],
    call: [] as number[],
    cls: [] as number[],
    params: [] as number[],
    bytes: [] as number[],
    reason: [] as number[],
    error: [] as (number | null)[],
    verdict: [] as number[],
    same: [] as number[],
  };
  const nodes = {
    op: [] as number[],
    row: [] as number[],
    type: [] as number[],
    file: [] as number[],
    line: [] as number[],
    evidence: [] as number[],
    also: {} as Record<string, number[]>,
    degree: [] as number[],
    reads: [] as number[],
    slot: {} as Record<string, number>,
    body: {} as Record<string, number>,
    more: {} as Record<string, number[]>,
  };
  const same = numbering();
  const made = (module: Module): boolean => !!module.ops?.length || !!module.children?.some(made);
  const visit = (module: Module, parent: number): number => {
    const row = rows.name.length;
    rows.parent.push(parent);
    rows.name.push(module.name);
    if (module.absolute) rows.absolute.push(row);
    rows.call.push(module.call ?? 0);
    rows.cls.push(classes.at(module.cls));
    rows.reason.push(module.reason === undefined ? -1 : reasons.at(module.reason));
    rows.params.push(0);
    rows.bytes.push(0);
    const error = module.error === undefined && made(module) ? Number(`${1 + (row % 40)}e-7`) : (module.error ?? null);
    rows.error.push(error);
    rows.verdict.push(error === null ? -1 : 0);
    rows.same.push(same(module));
    for (const [op, type, line] of module.ops ?? []) {
      nodes.op.push(ops.at(op));
      nodes.row.push(row);
      nodes.type.push(types.at(type));
      nodes.file.push(line ? 0 : -1);
      nodes.line.push(line ?? 0);
      nodes.evidence.push(line ? 0 : 4);
      nodes.degree.push(1);
      nodes.reads.push(1); // the node before; at node 0 that is graph input 0
    }
    let params = module.params ?? 0;
    for (const child of module.children ?? []) params += visit(child, row);
    rows.params[row] = params;
    rows.bytes[row] = params * 4;
    return params;
  };
  const parameters = visit(root, -1);
  return {
    version: 2,
    title: root.cls,
    strategy: "fx",
    strategy_help: "Strategy fx. Capture: OnnxExporter, opset 20",
    totals: { nodes: nodes.op.length, modules: rows.name.length, parameters, bytes: parameters * 4 },
    measures: [
      {
        name: "coverage",
        value: `${nodes.op.length}/${nodes.op.length}`,
        help: "Nodes with a scope, of all nodes",
      },
      { name: "root share", value: "0.0 %", help: "Nodes at the root for want of anything better" },
    ],
    parity: {
      status: "ok",
      text: "max |Δ| 5.3e-05",
      help: "Whole model: largest absolute difference to PyTorch",
      row: -1,
    },
    source: { kind: "report", note: "" },
    about: [
      { name: "capture", value: "OnnxExporter" },
      { name: "opset", value: "20" },
      { name: "file", value: "model.onnx" },
    ],
    notes: [] as string[],
    classes: classes.list,
    reasons: reasons.list,
    verdicts: ["equal", "differs", "identity", "folded", "removed", "rearranged", "unseen"],
    ops: ops.list,
    types: types.list,
    files: ["transformers/models/bert/modeling_bert.py"],
    evidence: ["trace", "parameter", "value", "dataflow", "rewrite", "root"],
    rows,
    nodes,
    graph: {
      inputs: [{ name: "input_ids", type: -1 }],
      outputs: [{ name: "last_hidden_state", type: types.list.length - 1, node: nodes.op.length - 1, slot: 0 }].filter(
        ({ node }) => node >= 0,
      ),
    },
    ...head,
  };
}

/** Numbers modules so that equal ones, whatever their own names and calls, have equal numbers. */
function numbering(): (module: Module) => number {
  const seen = new Map<string, number>();
  const known = new Map<Module, number>();
  return function same(module: Module): number {
    const { name: _, call: __, error: ___, children = [], ...rest } = module;
    const text = () => JSON.stringify([rest, children.map((child) => [child.name, same(child)])]);
    const at = (key: string) => seen.get(key) ?? seen.set(key, seen.size).size - 1;
    if (!known.has(module)) known.set(module, at(text()));
    return known.get(module) as number;
  };
}

/** Edges from a list of producers by node; graph input i is -1-i. */
export function withReads<T extends { nodes: { degree: number[]; reads: number[] } }>(
  payload: T,
  reads: number[][],
): T {
  payload.nodes.degree = reads.map((producers) => producers.length);
  payload.nodes.reads = reads.flatMap((producers, node) => producers.map((producer) => node - producer));
  return payload;
}
