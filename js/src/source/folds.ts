/**
 * Which lines of a forward are folded: blocks of four lines or more in which nothing was made, and as long runs of
 * plain statements. A statement that made something is shown whole, and so is a forward that made nothing by lines.
 * Where something was made that no line is known for, any plain statement may have made it, and none is folded.
 */
import type { Read } from "./tokens";

/** Lines [from, to), counted from 0; a fold shows `label` in their place. `head`: the long head of a block below it. */
export type Part = { from: number; to: number } & ({ fold: false } | Fold);
export type Fold = { fold: true; label: string; head: boolean };

/** Shorter stretches are read faster than what would stand for them. */
const FEWEST = 4;

interface Unit {
  from: number;
  /** First line of the statement itself: comments may stand before it. */
  code: number;
  /** End of the statement itself, and of everything that belongs to it. */
  headEnd: number;
  to: number;
  indent: number;
  body: Unit[];
}

export function foldLines(lines: string[], { tokens, continued }: Read, made: boolean[], certain = true): Part[] {
  const { parts, show, fold } = collect(lines);
  const isMade = (from: number, to: number) => made.slice(from, to).includes(true);
  const isLong = (from: number, to: number) =>
    lines.slice(from, to).filter((line) => line.trim() !== "").length >= FEWEST;
  const isLongBlock = ({ code, to, body }: Unit) => body.length > 0 && isLong(code, to);

  const walk = (units: Unit[]) => {
    for (let at = 0; at < units.length; at++) {
      const unit = units[at];
      if (isMade(unit.from, unit.to)) open(unit);
      else if (isLongBlock(unit)) fold(unit.from, unit.to, unit.code);
      else {
        while (at + 1 < units.length && !isMade(units[at + 1].from, units[at + 1].to) && !isLongBlock(units[at + 1]))
          at++;
        const { to } = units[at];
        if (certain && isLong(unit.code, to)) fold(unit.from, to, unit.code);
        else show(unit.from, to);
      }
    }
  };
  /** A statement of which something was made: whole, or the head and what stands below it. */
  const open = ({ from, code, headEnd, to, body }: Unit) => {
    if (body.length === 0) return show(from, to);
    if (!isMade(from, headEnd) && isLong(code, headEnd)) fold(from, headEnd, code, true);
    else show(from, headEnd);
    walk(body);
  };
  const isComment = (line: number) =>
    !continued[line] && tokens[line].find(({ text }) => text.trim() !== "")?.kind === "comment";
  const units = statements(lines, continued, isComment);
  if (made.includes(true) && units.length > 0) walk(nest(units));
  else show(0, lines.length);
  return parts;
}

/** Parts from top to bottom; neighbours of one kind become one. */
function collect(lines: string[]) {
  const parts: Part[] = [];
  return {
    parts,
    show(from: number, to: number) {
      const last = parts[parts.length - 1];
      if (last && !last.fold && last.to === from) last.to = to;
      else if (to > from) parts.push({ from, to, fold: false });
    },
    fold(from: number, to: number, code: number, head = false) {
      const last = parts[parts.length - 1];
      if (last?.fold && last.to === from && !last.head) last.to = to;
      else parts.push({ from, to, fold: true, label: labelOf(lines, code, to), head });
    },
  };
}

/** Statements in their order; comments and decorators belong to the one after them, blank lines to the one before. */
function statements(lines: string[], continued: boolean[], comment: (line: number) => boolean): Unit[] {
  const units: Unit[] = [];
  let from = 0;
  for (let line = 0; line < lines.length; ) {
    const blank = lines[line].trim() === "" && !continued[line];
    if (/^\s*@/.test(lines[line])) {
      line++;
      while (line < lines.length && continued[line]) line++; // a decorator is a part of what it decorates
      continue;
    }
    if (blank || comment(line)) {
      if (blank && units.length > 0 && from === line) units[units.length - 1].to = from = line + 1;
      line++;
      continue;
    }
    let headEnd = line + 1;
    while (headEnd < lines.length && continued[headEnd]) headEnd++;
    const indent = lines[line].length - lines[line].trimStart().length;
    units.push({ from, code: line, headEnd, to: headEnd, indent, body: [] });
    line = from = headEnd;
  }
  if (units.length > 0) units[units.length - 1].to = lines.length;
  return units;
}

/** Puts what is indented deeper into the statement above it. */
function nest(flat: Unit[]): Unit[] {
  const top: Unit[] = [];
  const open: Unit[] = [];
  for (const unit of flat) {
    while (open.length > 0 && open[open.length - 1].indent >= unit.indent) open.pop();
    for (const around of open) around.to = unit.to;
    (open[open.length - 1]?.body ?? top).push(unit);
    open.push(unit);
  }
  // Blank lines after a head belong to its body.
  for (const { body, headEnd } of flat) if (body.length > 0) body[0].from = Math.min(body[0].from, headEnd);
  return top;
}

/** The first line that says something: the condition of a block, the first words of a description. */
function labelOf(lines: string[], from: number, to: number): string {
  for (let line = from; line < to; line++) {
    const text = lines[line].trim();
    if (/[^\s"'rRuUfFbB]/.test(text)) return text;
  }
  return lines[from].trim();
}
