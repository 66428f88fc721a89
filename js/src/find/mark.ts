/** What a find query marks in a text, and what it most likely meant when it found nothing. */
import type { Tree } from "../payload";
import { isWanted, wanted } from "./glob";
import { parse, type Term } from "./grammar";
import { findTerm } from "./match";
import { nearest } from "./near";
import { type NameField, quoted } from "./words";

type Stretch = [from: number, to: number];

/** The stretch of a row's name that matched, as [from, to), or null when it matched by something else. */
export function markedName(tree: Tree, row: number, query: string): Stretch | null {
  const name = tree.name[row];
  if (row === 0) return markedText(name, query);
  const key = tree.key[row].toLowerCase();
  for (const text of texts(query)) {
    const at = key.lastIndexOf(text);
    if (at < 0) continue;
    const from = Math.max(0, at - tree.ownFrom[row]);
    const to = Math.min(name.length, at + text.length - tree.ownFrom[row]);
    if (to > from) return [from, to];
  }
  return null;
}

/** The stretch of a class (or of an operator) that a plain text marks, or the whole where the query names it. */
export function markedText(text: string, query: string, field: NameField = "class"): Stretch | null {
  const name = text.toLowerCase();
  for (const part of texts(query)) {
    const at = name.indexOf(part);
    if (at >= 0) return [at, at + part.length];
  }
  const named = parse(query).terms.some(
    (term) => term.kind === "name" && term.field === field && isWanted(term.wanted, name),
  );
  return named && text !== "" ? [0, text.length] : null;
}

const texts = (query: string) =>
  parse(query).terms.flatMap((term) => (term.kind === "text" && term.text !== "" ? [term.text] : []));

/** The query with its mistyped part put right; null when nothing is near. */
export function suggestion(tree: Tree, query: string): string | null {
  const { terms, problem } = parse(query);
  if (problem) return problem.better;
  for (const term of terms) {
    const meant = findsSomething(tree, term) ? null : meantBy(tree, term, query.slice(term.from, term.to));
    if (meant !== null) return query.slice(0, term.from) + meant + query.slice(term.to);
  }
  return null;
}

function findsSomething(tree: Tree, term: Term): boolean {
  const { rows, nodes } = findTerm(tree, term);
  return (rows?.some((holds) => holds > 0) || nodes?.some((holds) => holds > 0)) ?? false;
}

function meantBy(tree: Tree, term: Term, written: string): string | null {
  if (term.kind === "text") {
    const meant = written.length < 2 ? null : nearest(term.text, [...tree.ops, ...tree.classes]);
    return meant && quoted(meant);
  }
  if (term.kind === "flow") return meantByFlow(tree, term, written);
  if (term.kind !== "name" || term.wanted.texts.length !== 1) return null;
  const [text] = term.wanted.texts;
  if (term.field === "path") {
    const inside = `*${text}*`;
    return tree.key.some((key) => isWanted(wanted(inside, false), key.toLowerCase())) ? `path:${inside}` : null;
  }
  const meant = nearest(text, { op: tree.ops, class: tree.classes, evidence: tree.evidence }[term.field]);
  return meant && `${term.field}:${quoted(meant)}`;
}

/** A pattern finds nothing for many reasons; an operator that the model does not have is one that can be put right. */
function meantByFlow(tree: Tree, { steps }: Term & { kind: "flow" }, written: string): string | null {
  for (const step of steps) {
    if (typeof step === "string" || step.texts.length !== 1 || tree.ops.some((op) => isWanted(step, op.toLowerCase())))
      continue;
    const [text] = step.texts;
    const meant = nearest(text, tree.ops);
    const at = written.toLowerCase().indexOf(text);
    return meant && at >= 0 ? written.slice(0, at) + meant + written.slice(at + text.length) : null;
  }
  return null;
}
