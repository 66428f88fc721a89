/** Names and numbers out of a model to explain the grammar with, so that the examples find something in it. */
import { once } from "../known";
import { mostFrequent } from "../numbers";
import type { Tree } from "../payload";
import { quoted } from "./words";

interface Examples {
  op: string;
  cls: string;
  path: string;
  /** Whole terms. */
  evidence: string;
  error: string;
  parameters: string;
  /** Two operators with one between them, along the data flow. */
  from: string;
  to: string;
}

export const examples = once(choose);

function choose(tree: Tree): Examples {
  const { nodes, ops, classes, cls, total } = tree;
  const op = mostFrequent(nodes.op) ?? -1;
  const leaves = cls.filter((_, row) => row > 0 && total[row] > 0 && tree.end[row] === row + 1);
  const around = tree.key.findIndex((_, row) => row > 0 && total[row] > 0 && tree.end[row] > row + 1);
  const kinds = new Set(nodes.evidence);
  const written = (text: string | undefined, other: string) =>
    text === undefined || text === "" ? other : quoted(text);
  const chain = commonChain(tree);
  return {
    op: written(ops[op], "MatMul"),
    cls: written(classes[mostFrequent(leaves) ?? -1], "Linear"),
    path: around < 0 || quoted(tree.key[around]) !== tree.key[around] ? "encoder" : tree.key[around],
    evidence: `evidence:${
      [...kinds]
        .slice(0, 2)
        .map((kind) => written(tree.evidence[kind], "trace"))
        .join("|") || "trace"
    }`,
    error: `error>${errorBelow(tree.error)}`,
    parameters: `parameters>${tenth(tree.totals.parameters)}`,
    from: written(ops[chain?.[0] ?? -1], "MatMul"),
    to: written(ops[chain?.[1] ?? -1], "Softmax"),
  };
}

/** The two unlike operators that most often have one operator between them. */
function commonChain({ nodes: { count, op, first, reads }, ops }: Tree): [number, number] | null {
  const pairs = new Int32Array(count);
  let length = 0;
  for (let node = 0; node < count && length < count; node++) {
    const maker = reads[first[node]];
    if (first[node] === first[node + 1] || maker < 0 || first[maker] === first[maker + 1]) continue;
    const before = reads[first[maker]];
    if (before >= 0 && op[before] !== op[node]) pairs[length++] = op[before] * ops.length + op[node];
  }
  const pair = mostFrequent(pairs.subarray(0, length));
  return pair === null ? null : [Math.floor(pair / ops.length), pair % ops.length];
}

/** The power of ten below the largest error. */
function errorBelow(errors: Float64Array): string {
  const most = errors.reduce((max, error) => (error > max ? error : max), 0);
  return most > 0 ? `1e${Math.floor(Math.log10(most))}` : "1e-4";
}

/** About a tenth, as one writes it: 1M. */
function tenth(n: number): string {
  const power = Math.max(0, Math.floor(Math.log10(Math.max(n, 1))) - 1);
  const step = Math.min(4, Math.floor(power / 3));
  return `${10 ** (power - 3 * step)}${["", "k", "M", "G", "T"][step]}`;
}
