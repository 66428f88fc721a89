/** What must be asked for: the detail of a node, the source of a module, the details of many nodes, the view as a file. */
import type { Signal } from "@preact/signals";
import type { Answer, Ask, NodeDetail, PageFormat, Question, SourceText } from "../ask";
import type { Asked, State } from "./state";

export class NoAnswer extends Error {}

export function answerActions({ tree: { answers }, details, sources }: State, ask: Ask) {
  const detailOf = (node: number) => answers?.detail.get(node) as NodeDetail | undefined;
  const sourceOf = (row: number) => answers?.source.get(row) as SourceText | undefined;
  /** A saved page has no kernel: what it does not bring along is not to be had. */
  const put = (question: Question, hear: (answer: Answer) => void) =>
    answers ? hear({ kind: "silent" }) : ask(question, hear);
  return {
    askDetail(node: number) {
      const detail = detailOf(node);
      if (detail) note(details, node, { state: "known", detail });
      if (!isNeeded(details, node)) return;
      note(details, node, { state: "asked" });
      put({ kind: "node", index: node }, (answer) => {
        note(details, node, answer.kind === "node" ? { state: "known", detail: answer.detail } : unanswered(answer));
      });
    },
    askSource(row: number) {
      const source = sourceOf(row);
      if (source) note(sources, row, { state: "known", source });
      if (!isNeeded(sources, row)) return;
      note(sources, row, { state: "asked" });
      put({ kind: "source", row }, (answer) => {
        note(sources, row, answer.kind === "source" ? { state: "known", source: answer.source } : unanswered(answer));
      });
    },
    /** The details of many nodes, in their order; a NoAnswer says why there are none. */
    table(nodes: number[]): Promise<NodeDetail[]> {
      const known = nodes.map(detailOf);
      if (known.every((detail) => detail !== undefined)) return Promise.resolve(known as NodeDetail[]);
      return new Promise((done, fail) => {
        put({ kind: "table", nodes }, (answer) => {
          if (answer.kind === "table") done(answer.details);
          else fail(noAnswer(answer));
        });
      });
    },
    /** The whole view as a file's text; a NoAnswer says why there is none. */
    page(format: PageFormat): Promise<string> {
      return new Promise((done, fail) => {
        put({ kind: "page", format }, (answer) => {
          if (answer.kind === "page") done(answer.text);
          else fail(noAnswer(answer));
        });
      });
    },
  };
}

const noAnswer = (answer: Answer) =>
  new NoAnswer(answer.kind === "error" ? String(answer.message) : "This needs a running kernel.");

function note<T>(states: Signal<ReadonlyMap<number, T>>, at: number, state: T): void {
  states.value = new Map(states.peek()).set(at, state);
}

function isNeeded(states: Signal<ReadonlyMap<number, { state: string }>>, at: number): boolean {
  const known = states.peek().get(at)?.state;
  return known !== "known" && known !== "asked";
}

const unanswered = (answer: Answer): Asked =>
  answer.kind === "error" ? { state: "failed", message: String(answer.message) } : { state: "silent" };
