/** What stands in each box, and how large it is therefore. */
import type { Tree } from "../payload";
import { type Box, canOpen } from "./boxes";
import { clip, type Measure } from "./measure";
import type { Model } from "./model";
import { isFeeder } from "./parts";
import { makerOf, typeOf } from "./wiring";

export const TITLE = 24;
export const LINE = 17;
const TERMINAL = 20;
export const TAG = 16;

/** A longer run shows its beginning and its end. */
const LINES = 16;

export interface Look {
  width: number;
  height: number;
  /** Module, terminal: name and class, or name and type. */
  name: string;
  nameAt: number;
  extra: string;
  extraAt: number;
  /** Where the texts on the left end. */
  end: number;
  count: string;
  /** Run: its operators; a number stands for so many that are not shown. */
  lines: ({ node: number; op: string; quiet: boolean } | number)[];
}

/** `marked`: whether there is room for a mark beside each name. */
export function lookOf(model: Model, box: Box, measure: Measure, marked: boolean): Look {
  const look = { width: 0, height: 0, name: "", nameAt: 13, extra: "", extraAt: 0, end: 0, count: "", lines: [] };
  if (box.kind === "run") return { ...look, ...runLook(model, box, measure, marked) };
  if (canOpen(box)) return { ...look, ...moduleLook(model, box, measure, marked) };
  return { ...look, ...endLook(model, box, measure) };
}

function runLook({ tree }: Model, { nodes }: Box, measure: Measure, marked: boolean) {
  const shown = nodes.length <= LINES ? nodes : [...nodes.slice(0, 9), ...nodes.slice(-4)];
  const lines: Look["lines"] = shown.map((node) => {
    const plus = isFeeder(tree, nodes, nodes.indexOf(node)) ? "+ " : "";
    return { node, op: plus + clip(opOf(tree, node), "mono", 200, measure), quiet: onlyMoves(opOf(tree, node)) };
  });
  if (nodes.length > LINES) lines.splice(9, 0, nodes.length - shown.length);
  const widest = lines.reduce<number>((most, line) => {
    return Math.max(most, measure(typeof line === "number" ? moreText(line) : line.op, "mono"));
  }, 0);
  return { width: Math.max(92, even(widest + (marked ? 36 : 20))), height: LINE * lines.length, lines };
}

const opOf = (tree: Tree, node: number) => tree.ops[tree.nodes.op[node]];

export const moreText = (count: number) => `… ${count.toLocaleString("en")} more`;

function moduleLook(model: Model, box: Box, measure: Measure, marked: boolean) {
  const { name, extra } = titleOf(model, box);
  const count = box.size.toLocaleString("en");
  const shownName = clip(name, "ui", 190, measure);
  const shownExtra = extra === name ? "" : clip(extra, "small", 130, measure);
  const nameAt = marked ? 36 : 22;
  const extraAt = nameAt + measure(shownName, "ui") + 6;
  const end = shownExtra === "" ? extraAt - 6 : extraAt + measure(shownExtra, "small");
  const width = Math.max(112, even(end + 12 + measure(count, "mono") + 9));
  return { width, height: TITLE, name: shownName, nameAt, extra: shownExtra, extraAt, end, count };
}

/** Name and class of a box that opens. */
export function titleOf({ tree }: Model, box: Box): { name: string; extra: string } {
  if (box.kind === "body") return { name: opOf(tree, box.nodes[0]), extra: "with its body" };
  if (box.kind === "group") return { name: box.title, extra: "" };
  const call = tree.repeated[box.row] ? `#${tree.call[box.row]}` : "";
  return { name: tree.name[box.row] + call || '""', extra: tree.classes[tree.cls[box.row]] };
}

function endLook(model: Model, box: Box, measure: Measure) {
  const { name, extra } = endTitle(model, box);
  const shownName = clip(name, "mono", 180, measure, true);
  const shownExtra = clip(extra, "mono", 180, measure);
  const extraAt = 13 + measure(shownName, "mono") + 7;
  const width = even((shownExtra === "" ? extraAt - 7 : extraAt + measure(shownExtra, "mono")) + 13);
  return { width, height: TERMINAL, name: shownName, extra: shownExtra, extraAt };
}

export function endTitle(model: Model, { kind, values, fan }: Box): { name: string; extra: string } {
  if (values.length > 1) return { name: `${values.length} ${kind === "in" ? "inputs" : "outputs"}`, extra: "" };
  const [value] = values;
  const extra = fan > 0 ? `×${fan}` : typeOf(model.tree, value);
  return { name: kind === "out" ? leavingName(model, value) : valueName(model, value), extra };
}

/** A value by the name of the graph's input, or by the operator that made it. */
export function valueName({ tree }: Pick<Model, "tree">, value: number): string {
  const maker = makerOf(tree, value);
  return maker < 0 ? tree.inputs[-1 - maker].name || '""' : opOf(tree, maker);
}

function leavingName(model: Model, value: number): string {
  const place = model.row === 0 ? model.wiring.outputs.get(value)?.[0] : undefined;
  return place === undefined ? valueName(model, value) : model.tree.outputs[place].name || '""';
}

export interface TagLook {
  label: number;
  values: number[];
  text: string;
  count: string;
  countAt: number;
  width: number;
}

/** Labels as they are drawn: `Mul ×6`, a value that many boxes read and how many do. Three at one place are one. */
export function tagLooks(model: Model, measure: Measure): TagLook[] {
  return model.labels.flatMap(({ values, fans, node }, label) => {
    if (values.length > (node < 0 ? 2 : 1)) return [sized(label, values, `${values.length} values`, "", measure)];
    return values.map((value, i) => {
      const text = clip(valueName(model, value), "mono", 110, measure);
      return sized(label, [value], text, `×${fans[i]}`, measure);
    });
  });
}

function sized(label: number, values: number[], text: string, count: string, measure: Measure): TagLook {
  const countAt = 7 + measure(text, "mono") + 5;
  const end = count === "" ? countAt - 5 : countAt + measure(count, "mono");
  return { label, values, text, count, countAt, width: Math.ceil(end + 11) };
}

const even = (n: number) => 2 * Math.ceil(n / 2);

/** ONNX operators that only move, reshape or relabel what they read: the specification's, not a model's. */
const MOVING = new Set(
  "Cast CastLike Concat Constant ConstantOfShape DepthToSpace Expand Flatten Identity Reshape Shape Size Slice SpaceToDepth Split Squeeze Tile Transpose Unsqueeze".split(
    " ",
  ),
);

export const onlyMoves = (op: string) => MOVING.has(op);
