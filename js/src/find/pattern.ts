/**
 * Operators along the data flow: `MatMul -> * -> Softmax`. A node is marked when it stands on at least one path of
 * nodes, each reading a value of the one before it, that fits the whole pattern.
 *
 * Paths are many (branches multiply), nodes are few: no path is ever followed. Each node keeps the set of places in
 * the pattern that it can hold, one bit each, first as the end of a beginning of the pattern, then as a part of the whole.
 */
import type { Nodes } from "../payload";
import { isWanted, type Wanted } from "./glob";

/** `one` is `*`: exactly one operator, whichever. `run` is `**`: none to RUN operators. */
export type Step = Wanted | "one" | "run";

/** How many operators `**` stands for at most, and how many places fit into one number. */
export const RUN = 8;
export const LONGEST = 30;

interface Places {
  count: number;
  /** Places that may be left out: those of a run. */
  optional: number;
  /** By place: what may stand there. */
  step: (Wanted | "one")[];
}

/** 1 for every node that is a part of a match. `ops` are the operators' names in lower case. */
export function findFlow(nodes: Nodes, ops: string[], steps: Step[]): Uint8Array {
  const places = spread(steps);
  const fits = Int32Array.from(ops, (op) => placesOf(op, places));
  const begun = beginnings(nodes, fits, places);
  return completed(nodes, begun, places);
}

function spread(steps: Step[]): Places {
  const places: Places = { count: 0, optional: 0, step: [] };
  for (const step of steps) {
    for (let i = 0; i < (step === "run" ? RUN : 1); i++) {
      if (step === "run") places.optional |= 1 << places.count;
      places.step.push(step === "run" ? "one" : step);
      places.count++;
    }
  }
  return places;
}

function placesOf(op: string, { step }: Places): number {
  return step.reduce((set, wanted, place) => (wanted === "one" || isWanted(wanted, op) ? set | (1 << place) : set), 0);
}

/** A set of places with those after them that can be reached by leaving optional ones out. */
function leapt(set: number, optional: number): number {
  let all = set;
  for (let next = set; next !== 0; ) {
    next = ((next & optional) << 1) & ~all;
    all |= next;
  }
  return all;
}

/** Places that may follow a set of places, and places that may stand before one. */
const after = (set: number, optional: number) => (set === 0 ? 0 : leapt(set << 1, optional));

function before(set: number, optional: number): number {
  let all = set >>> 1;
  for (let next = all; next !== 0; ) {
    next = ((next & optional) >>> 1) & ~all;
    all |= next;
  }
  return all;
}

/** By node: the places that it can hold at the end of a path that fits the pattern up to there. */
function beginnings({ count, op, first, reads }: Nodes, fits: Int32Array, { optional }: Places): Int32Array {
  const begun = new Int32Array(count);
  const start = leapt(1, optional);
  repeat((grew, outOfOrder) => {
    for (let node = 0; node < count; node++) {
      const may = fits[op[node]];
      if (may === 0) continue;
      let set = may & start;
      for (let edge = first[node]; edge < first[node + 1]; edge++) {
        const maker = reads[edge];
        if (maker < 0) continue;
        if (maker > node) outOfOrder();
        set |= may & after(begun[maker], optional);
      }
      if (set !== begun[node]) grew();
      begun[node] = set;
    }
  });
  return begun;
}

/** Goes back from every node that ends the pattern: what is met on the way is a part of a match. */
function completed({ count, first, reads }: Nodes, begun: Int32Array, { count: length, optional }: Places): Uint8Array {
  let ends = 1 << (length - 1);
  for (let next = ends; next !== 0; ends |= next) next = (next & optional) >>> 1;
  const part = begun.map((set) => set & ends);
  repeat((grew, outOfOrder) => {
    for (let node = count - 1; node >= 0; node--) {
      if (part[node] === 0) continue;
      const earlier = before(part[node], optional);
      for (let edge = first[node]; edge < first[node + 1]; edge++) {
        const maker = reads[edge];
        if (maker < 0) continue;
        if (maker > node) outOfOrder();
        const set = part[maker] | (begun[maker] & earlier);
        if (set !== part[maker]) grew();
        part[maker] = set;
      }
    }
  });
  return Uint8Array.from(part, (set) => (set === 0 ? 0 : 1));
}

/**
 * Makers stand before their readers and one pass is enough, except where the body of an If or a Loop reads a value
 * made later: then until nothing grows. Sets only grow, so it ends whatever the edges are.
 */
function repeat(pass: (grew: () => void, outOfOrder: () => void) => void): void {
  let again = true;
  while (again) {
    let grown = false;
    let mixed = false;
    pass(
      () => {
        grown = true;
      },
      () => {
        mixed = true;
      },
    );
    again = grown && mixed;
  }
}
