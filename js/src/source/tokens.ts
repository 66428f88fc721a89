/** Python text → tokens to colour, and which lines go on with the statement before them. No more than the eye needs. */

export type Kind = "plain" | "keyword" | "def" | "string" | "comment" | "number" | "operator";

export interface Token {
  text: string;
  kind: Kind;
}

export interface Read {
  /** By line. */
  tokens: Token[][];
  /** Whether a line goes on with the statement of the line before it: inside brackets or a long string. */
  continued: boolean[];
}

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global " +
    "if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

const COMMENT = /#.*/y;
const QUOTE = /[rbft]{0,2}("""|'''|"|')/iy;
const NUMBER = /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[-+]?\d+)?j?)/iy;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const OPERATOR = /:=|[-+*/%@&|^~<>=!]+/y;

export function readPython(lines: string[]): Read {
  const tokens: Token[][] = [];
  const continued: boolean[] = [];
  let open: string | null = null; // the quotes of a long string that has not ended
  let depth = 0;
  let joined = false; // a backslash at the end of the line before

  for (const line of lines) {
    continued.push(open !== null || depth > 0 || joined);
    const found: Token[] = [];
    let at = 0;
    const push = (text: string, kind: Kind) => {
      const last = found[found.length - 1];
      if (last?.kind === kind && (kind === "plain" || kind === "string")) last.text += text;
      else if (text !== "") found.push({ text, kind });
      at += text.length;
    };
    const next = (pattern: RegExp) => {
      pattern.lastIndex = at;
      return pattern.exec(line);
    };
    if (open !== null) {
      const end = endOfString(line, 0, open);
      if (end >= 0) open = null;
      push(end < 0 ? line : line.slice(0, end), "string");
    }
    while (at < line.length) {
      const comment = next(COMMENT);
      if (comment) {
        push(comment[0], "comment");
        continue;
      }
      const quote = next(QUOTE);
      if (quote) {
        const end = endOfString(line, at + quote[0].length, quote[1]);
        if (end < 0 && quote[1].length === 3) open = quote[1];
        push(end < 0 ? line.slice(at) : line.slice(at, end), "string");
        continue;
      }
      const word = next(WORD);
      if (word) {
        push(word[0], KEYWORDS.has(word[0]) ? "keyword" : afterDef(found) ? "def" : "plain");
        continue;
      }
      const number = next(NUMBER);
      const operator = number ? null : next(OPERATOR);
      if (number) push(number[0], "number");
      else if (operator) push(operator[0], "operator");
      else {
        if ("([{".includes(line[at])) depth++;
        else if (")]}".includes(line[at])) depth = Math.max(0, depth - 1);
        push(line[at], "plain");
      }
    }
    joined = open === null && /\\$/.test(line) && found[found.length - 1]?.kind !== "comment";
    tokens.push(found);
  }
  return { tokens, continued };
}

/** Just behind the closing quotes, or -1 when they are not on this line. */
function endOfString(line: string, from: number, quotes: string): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === "\\") at++;
    else if (line.startsWith(quotes, at)) return at + quotes.length;
  }
  return -1;
}

function afterDef(found: Token[]): boolean {
  const [before, blank] = found.slice(-2);
  return blank?.text.trim() === "" && before?.kind === "keyword" && (before.text === "def" || before.text === "class");
}

/** The code of a line without what stands in strings and comments, every character at its place. */
export function bare(tokens: Token[]): string {
  return tokens
    .map(({ text, kind }) => (kind === "comment" ? " " : kind === "string" ? '"' : null)?.repeat(text.length) ?? text)
    .join("");
}
