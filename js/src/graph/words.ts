/** The drawing in words: for a screen reader, and beside the mouse. */
import { plural } from "../format";
import { labelFrom } from "../tree";
import { type Box, canOpen } from "./boxes";
import { endTitle, type Look, moreText, titleOf, valueName } from "./looks";
import type { Model } from "./model";
import { makerOf, readersOf, typeOf } from "./wiring";

/** Values that enter a box and that leave it, by box. */
export function portsOf({ boxes, edges, labels }: Model): { ins: Set<number>[]; outs: Set<number>[] } {
  const ins = boxes.map(() => new Set<number>());
  const outs = boxes.map(() => new Set<number>());
  const chain = (id: number) => {
    const out: number[] = [];
    for (let at = id; at >= 0; at = boxes[at].parent) out.push(at);
    return out;
  };
  for (const { from, to, values } of edges) {
    const [left, entered] = [chain(from), chain(to)];
    for (const value of values) {
      for (const id of left) if (!entered.includes(id)) outs[id].add(value);
      for (const id of entered) if (!left.includes(id)) ins[id].add(value);
    }
  }
  for (const { box, made, values } of labels) {
    for (const id of chain(box)) for (const value of values) (made ? outs : ins)[id].add(value);
  }
  return { ins, outs };
}

/** "self, BertSelfAttention, 30 nodes, 2 inputs, 1 output": what is seen first, then the rest. */
export function boxWords(model: Model, box: Box, look: Look, ports: ReturnType<typeof portsOf>): string {
  const wired = [plural(ports.ins[box.id].size, "input"), plural(ports.outs[box.id].size, "output")];
  const { name, extra } = look;
  const seen = [name, extra].filter((part) => part !== "");
  /** What is shown shortened. */
  const full = (title: { name: string; extra: string }) =>
    [title.name, title.extra].filter((part, i) => seen[i]?.includes("…") && part.length < 400);
  if (box.kind === "run") {
    const lines = look.lines.map((line) => (typeof line === "number" ? moreText(line) : line.op));
    const count = box.nodes.length > 1 ? plural(box.nodes.length, "operator") : "operator";
    return [...lines, count, ...wired].join(", ");
  }
  if (canOpen(box)) {
    const nodes = `${look.count} node${box.size === 1 ? "" : "s"}`;
    return [...seen, nodes, ...wired, ...full(titleOf(model, box))].join(", ");
  }
  const what = box.kind === "in" ? "input" : box.kind === "out" ? "output" : "value";
  const read = box.fan > 0 ? [`read by ${box.fan} boxes`] : [];
  return [what, ...seen, ...read, ...full(endTitle(model, box))].join(", ");
}

interface ValueWords {
  name: string;
  type: string;
  /** Where it comes from, as a path from the root. */
  maker: string;
  /** "6 Add in 6 modules". */
  readers: string;
}

export function valueWords(model: Model, value: number): ValueWords {
  const { tree, wiring } = model;
  const maker = makerOf(tree, value);
  const nodes = new Set(readersOf(wiring, value).map((edge) => wiring.reader[edge]));
  const rows = new Set([...nodes].map((node) => tree.nodes.row[node]));
  const ops = new Map<string, number>();
  for (const node of nodes) {
    const op = tree.ops[tree.nodes.op[node]];
    ops.set(op, (ops.get(op) ?? 0) + 1);
  }
  const counted = [...ops].sort((a, b) => b[1] - a[1]).map(([op, count]) => `${count} ${op}`);
  const shown = counted.length > 3 ? [...counted.slice(0, 2), `${counted.length - 2} other kinds`] : counted;
  const outputs = wiring.outputs.has(value) ? ["an output of the graph"] : [];
  const [row] = rows;
  const where = rows.size === 1 ? labelFrom(tree, 0, row) || tree.title : plural(rows.size, "module");
  const readers = nodes.size > 0 ? [`${nodes.size === 1 ? [...ops.keys()] : shown.join(", ")} in ${where}`] : [];
  return {
    name: valueName(model, value),
    type: typeOf(tree, value),
    maker: maker < 0 ? "an input of the graph" : labelFrom(tree, 0, tree.nodes.row[maker]) || tree.title,
    readers: [...readers, ...outputs].join(", ") || "nothing",
  };
}
