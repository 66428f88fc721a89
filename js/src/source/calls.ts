/**
 * On which line a forward calls a child module, as far as its text tells. Where it tells of two lines, or of none,
 * nothing is claimed.
 */
import { lastWhere } from "../numbers";
import { bare, type Read } from "./tokens";

/** The forward's text with strings and comments taken out, as one, and where each line begins in it. */
interface Code {
  text: string;
  starts: number[];
  /** What the forward calls its module: `self`, as a rule. */
  self: string;
}

export function codeOf({ tokens }: Read): Code {
  const lines = tokens.map(bare);
  const starts: number[] = [];
  let length = 0;
  for (const line of lines) {
    starts.push(length);
    length += line.length + 1;
  }
  const text = lines.join("\n");
  return { text, starts, self: /\bdef\s+\w+\s*\(\s*(\w+)/.exec(text)?.[1] ?? "self" };
}

/** The line (counted from 0) that calls the child with this name relative to the module, or -1. */
export function callLine(code: Code, name: string): number {
  const parts = name.split(".");
  const lines = new Set([...calledByName(code, parts), ...calledInLoop(code, parts)]);
  return lines.size === 1 ? [...lines][0] : -1;
}

/** `self.query(…)`, `self.blocks[0](…)`, `self.blocks[i](…)`. */
function calledByName(code: Code, parts: string[]): number[] {
  return linesOf(code, new RegExp(`${reach(code.self, parts)}\\s*\\(`, "gu"));
}

/** `for block in self.blocks:` … `block(…)`: the loop's own names, called in its line or its body. Or just `in self`. */
function calledInLoop(code: Code, parts: string[]): number[] {
  const found: number[] = [];
  const list = new RegExp(`${reach(code.self, parts.slice(0, -1))}(?![.(])`, "gu");
  for (const line of new Set(linesOf(code, list))) {
    const names = loopNames(lineOf(code, line), list);
    if (names.length === 0) continue;
    const call = new RegExp(`(?<![\\w.])(?:${names.join("|")})\\s*\\(`, "gu");
    const end = endOfBlock(code, line);
    found.push(...linesOf(code, call).filter((at) => at >= line && at < end));
  }
  return found;
}

/** The names between `for` and `in` before the list that a line goes through. */
function loopNames(line: string, list: RegExp): string[] {
  const before = line.slice(0, line.search(list));
  const to = before.lastIndexOf(" in ");
  const from = before.lastIndexOf("for ", to);
  return from < 0 || to < 0 || /\w$/.test(before.slice(0, from))
    ? []
    : (before.slice(from + 4, to).match(/\w+/g) ?? []);
}

/** A pattern for the attribute of a module: by name, or by an index where the name is a number. */
function reach(self: string, parts: string[]): string {
  if (parts.length === 0) return `(?<![\\w.])${escaped(self)}(?![\\w[])`;
  const [first, ...rest] = parts.map(escaped);
  const steps = rest.map((part) =>
    /^\d+$/.test(part)
      ? `(?:\\.${part}|\\[\\s*${part}\\s*\\]|\\[(?!\\s*-?\\d+\\s*\\])[^\\]\\n:]*\\])`
      : `(?:\\.${part}|\\[[^\\]\\n:]*\\])`,
  );
  return `(?<![\\w.])${escaped(self)}\\s*\\.\\s*${first}${steps.join("")}(?!\\w)`;
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

function linesOf(code: Code, pattern: RegExp): number[] {
  return [...code.text.matchAll(pattern)].map((match) => lineAt(code, match.index));
}

const lineAt = ({ starts }: Code, at: number) => lastWhere(starts.length - 1, (line) => starts[line] <= at);

/** The first line after `line` that is not indented deeper. */
function endOfBlock(code: Code, line: number): number {
  const indent = indentOf(lineOf(code, line));
  for (let at = line + 1; at < code.starts.length; at++) {
    const next = lineOf(code, at);
    if (next.trim() !== "" && indentOf(next) <= indent) return at;
  }
  return code.starts.length;
}

const lineOf = ({ text, starts }: Code, line: number) => text.slice(starts[line], starts[line + 1] ?? text.length);

const indentOf = (line: string) => line.length - line.trimStart().length;
