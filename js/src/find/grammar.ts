/** What a find query means: terms that must all hold, or the problem that keeps it from being understood. */

import { type Wanted, wanted } from "./glob";
import { nearest } from "./near";
import { LONGEST, RUN, type Step } from "./pattern";
import {
  AMOUNTS,
  type AmountField,
  NAMES,
  type NameField,
  OpenQuote,
  type Sign,
  type Span,
  type Word,
  words,
} from "./words";

export type Term = Span &
  (
    | { kind: "text"; text: string }
    | { kind: "name"; field: NameField; wanted: Wanted }
    | { kind: "amount"; field: AmountField; sign: Sign; than: number }
    | { kind: "flow"; steps: Step[] }
  );

export interface Problem {
  /** One line: the cause, and what would be right. */
  message: string;
  /** The query that was probably meant. */
  better: string | null;
}

export interface Parsed {
  terms: Term[];
  problem: Problem | null;
}

/** Nobody types more, and each term costs a pass over the model. */
const MOST_TERMS = 20;

const EXAMPLE: Record<NameField | AmountField, string> = {
  op: "op:MatMul",
  class: "class:Linear",
  path: "path:encoder.*",
  evidence: "evidence:rewrite",
  error: "error>1e-4",
  parameters: "parameters>1M",
  bytes: "bytes>1MB",
  nodes: "nodes>10",
};

/** Thrown inside this file only. */
class Misread {
  constructor(
    readonly message: string,
    readonly better: string | null = null,
  ) {}
}

let last: { query: string; parsed: Parsed } | null = null;

/** The same query is asked for by every row that is drawn: the last answer is kept. */
export function parse(query: string): Parsed {
  if (last?.query !== query) last = { query, parsed: read(query) };
  return last.parsed;
}

function read(query: string): Parsed {
  try {
    return { terms: readTerms(query), problem: null };
  } catch (misread) {
    if (!(misread instanceof Misread)) throw misread;
    return { terms: [], problem: { message: misread.message, better: misread.better } };
  }
}

function readTerms(query: string): Term[] {
  const found = words(query);
  if (found instanceof OpenQuote) throw new Misread("A quote is not closed.", `${query}"`);
  const terms: Term[] = [];
  for (let at = 0; at < found.length; ) {
    const chain = chainFrom(found, at);
    terms.push(chain.length > 1 ? flow(query, chain) : term(query, found[at]));
    at += chain.length;
  }
  const unlike = [...new Map(terms.map((one) => [meaning(one), one])).values()];
  if (unlike.length > MOST_TERMS) {
    throw new Misread(`At most ${MOST_TERMS} terms can be found at once. Put a text with blanks into quotes.`);
  }
  return unlike;
}

const meaning = ({ from: _, to: __, ...term }: Term) => JSON.stringify(term);

/** The words from `at` that arrows join, arrows included. */
function chainFrom(found: Word[], at: number): Word[] {
  let end = at + 1;
  while (end < found.length && (found[end].kind === "arrow" || found[end - 1].kind === "arrow")) end++;
  return found.slice(at, end);
}

function term(query: string, word: Word): Term {
  const { from, to } = word;
  switch (word.kind) {
    case "arrow":
      throw new Misread("-> stands between two operators, as in MatMul -> Softmax.");
    case "text":
      return { kind: "text", text: word.text.toLowerCase(), from, to };
    case "name":
      return { kind: "name", field: nameField(query, word), wanted: wanted(word.value, word.literal), from, to };
    case "amount":
      return { kind: "amount", ...amount(query, word), from, to };
  }
}

const replaced = (query: string, { from, to }: Span, by: string) => query.slice(0, from) + by + query.slice(to);

function nameField(query: string, word: Word & { kind: "name" }): NameField {
  const { field, value } = word;
  if (isOneOf(AMOUNTS, field)) {
    const better = readNumber(value) === null ? null : replaced(query, word, `${field}=${value}`);
    throw new Misread(`${field} is compared, as in ${EXAMPLE[field]}.`, better);
  }
  if (!isOneOf(NAMES, field))
    throw unknown(query, word, (meant) => `${meant}:${query.slice(word.from + field.length + 1, word.to)}`);
  if (!word.literal && !/[^|]/.test(value)) throw new Misread(`${field}: needs a value, as in ${EXAMPLE[field]}.`);
  return field;
}

function amount(query: string, word: Word & { kind: "amount" }): { field: AmountField; sign: Sign; than: number } {
  const { field, sign, value } = word;
  if (isOneOf(NAMES, field)) {
    throw new Misread(
      `${field} is a name, as in ${EXAMPLE[field]}.`,
      value === "" ? null : replaced(query, word, `${field}:${value}`),
    );
  }
  if (!isOneOf(AMOUNTS, field)) throw unknown(query, word, (meant) => `${meant}${sign}${value}`);
  const than = readNumber(value);
  if (than !== null) return { field, sign, than };
  if (value === "") throw new Misread(`${field}${sign} needs a number, as in ${EXAMPLE[field]}.`);
  const tidy = value.replace(/[,_']/g, "").replace(/[–—−]/g, "-");
  throw new Misread(
    `${short(value)} is no number; ${field} is compared as in ${EXAMPLE[field]}.`,
    readNumber(tidy) === null ? null : replaced(query, word, `${field}${sign}${tidy}`),
  );
}

function unknown(query: string, word: Word & { field: string }, repair: (meant: string) => string): Misread {
  const meant = nearest(word.field, [...NAMES, ...AMOUNTS]);
  const fields = `Fields: ${[...NAMES, ...AMOUNTS].join(", ")}. Plain text goes into quotes.`;
  return new Misread(
    `There is no field ${short(word.field)}.${meant === null ? ` ${fields}` : ""}`,
    meant === null ? null : replaced(query, word, repair(meant)),
  );
}

const short = (text: string) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

function isOneOf<T extends string>(list: readonly T[], text: string): text is T {
  return (list as readonly string[]).includes(text);
}

const NUMBER = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)([kmgt]?)b?$/i;
const THOUSANDS: Record<string, number> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `1e-4`, `22.7M`, `3MB` (thousands, as the columns show them); null for anything else. */
function readNumber(text: string): number | null {
  const match = NUMBER.exec(text);
  return match && Number(match[1]) * THOUSANDS[match[2].toLowerCase()];
}

function flow(query: string, chain: Word[]): Term {
  const steps: Step[] = [];
  const { from } = chain[0];
  const { to } = chain[chain.length - 1];
  chain.forEach((word, at) => {
    const before = at === 0 ? "arrow" : chain[at - 1].kind;
    if (word.kind === "arrow") {
      if (before === "arrow") throw new Misread("An operator is missing before ->, as in MatMul -> Softmax.");
    } else steps.push(step(query, word));
  });
  if (chain[chain.length - 1].kind === "arrow") {
    throw new Misread("An operator is missing after ->, as in MatMul -> Softmax.");
  }
  const length = steps.reduce((sum, each) => sum + (each === "run" ? RUN : 1), 0);
  if (length > LONGEST) throw new Misread(`A pattern has at most ${LONGEST} operators; ** counts as ${RUN}.`);
  return { kind: "flow", steps, from, to };
}

function step(query: string, word: Word): Step {
  if (word.kind === "text") {
    if (!word.literal && word.text === "*") return "one";
    if (!word.literal && word.text === "**") return "run";
    return wanted(word.text, word.literal);
  }
  if (word.kind === "name" && nameField(query, word) === "op") return wanted(word.value, word.literal);
  throw new Misread(`A pattern is made of operators: ${short(query.slice(word.from, word.to))} is none.`);
}
