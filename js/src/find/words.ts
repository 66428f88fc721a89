/** Reads a find query into words and arrows. What is not understood stays plain text: names may hold anything. */

/** Names are compared by these fields, amounts by numbers. */
export const NAMES = ["op", "class", "path", "evidence"] as const;
export const AMOUNTS = ["error", "parameters", "bytes", "nodes"] as const;
export type NameField = (typeof NAMES)[number];
export type AmountField = (typeof AMOUNTS)[number];

const SIGNS = ["<=", ">=", "<", ">", "="] as const;
export type Sign = (typeof SIGNS)[number];

/** Where a part of the query stands: [from, to). */
export interface Span {
  from: number;
  to: number;
}

export type Word =
  | ({ kind: "arrow" } & Span)
  | ({ kind: "text"; text: string; literal: boolean } & Span)
  | ({ kind: "name"; field: string; value: string; literal: boolean } & Span)
  | ({ kind: "amount"; field: string; sign: Sign; value: string } & Span);

/** The place of a quote that is not closed. */
export class OpenQuote {
  constructor(readonly at: number) {}
}

const BLANK = /\s+/y;
const ARROW = /->/y;
const NAME = /([a-z_]+):(?!:)/iy;
/** Blanks around the sign only after a field that exists: "a < b" may be a name. */
const AMOUNT = new RegExp(`(${AMOUNTS.join("|")})\\s*(<=|>=|<|>|=)\\s*`, "iy");
/** Another word before a sign is taken for a field when a number follows, or nothing. */
const UNKNOWN_AMOUNT = /([a-z_]+)(<=|>=|<|>)(?=[-+.]?\d|\s|$)/iy;
/** `op=MatMul`: a name with a sign. */
const NAME_AND_SIGN = new RegExp(`(${NAMES.join("|")})(<=|>=|<|>|=)`, "iy");

export function words(query: string): Word[] | OpenQuote {
  const found: Word[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(query);
    if (match) at = pattern.lastIndex;
    return match;
  };
  const value = (): { text: string; literal: boolean } | null => {
    if (query[at] === '"') {
      const quoted = readQuoted(query, at);
      if (quoted === null) return null;
      at = quoted.to;
      return { text: quoted.text, literal: true };
    }
    const from = at;
    while (at < query.length && !/\s/.test(query[at]) && !query.startsWith("->", at)) at++;
    return { text: query.slice(from, at), literal: false };
  };

  while (at < query.length) {
    if (take(BLANK)) continue;
    const from = at;
    if (take(ARROW)) {
      found.push({ kind: "arrow", from, to: at });
      continue;
    }
    const signed = take(AMOUNT) ?? take(NAME_AND_SIGN) ?? take(UNKNOWN_AMOUNT);
    const named = signed ? null : take(NAME);
    const quote = at;
    const read = value();
    if (read === null) return new OpenQuote(quote);
    const { text, literal } = read;
    if (signed) {
      const [, field, sign] = signed;
      found.push({ kind: "amount", field: field.toLowerCase(), sign: sign as Sign, value: text, from, to: at });
    } else if (named) {
      found.push({ kind: "name", field: named[1].toLowerCase(), value: text, literal, from, to: at });
    } else found.push({ kind: "text", text, literal, from, to: at });
  }
  return found;
}

/** The text between quotes; `\"` and `\\` stand for themselves. Null when it never ends. */
function readQuoted(query: string, from: number): { text: string; to: number } | null {
  let text = "";
  for (let at = from + 1; at < query.length; at++) {
    if (query[at] === '"') return { text, to: at + 1 };
    if (query[at] === "\\" && (query[at + 1] === '"' || query[at + 1] === "\\")) at++;
    text += query[at];
  }
  return null;
}

/** A value as it must be written so that it is taken as it is. */
export function quoted(value: string): string {
  const bare = value !== "" && !/[\s"*?|]|->/.test(value);
  return bare ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
