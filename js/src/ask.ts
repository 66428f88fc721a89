/** Questions to the kernel. Whoever asks hears an answer, or silence where no kernel runs. */
import type { AnyModel } from "@anywidget/types";

/** After this long without an answer there is no kernel. An answer that comes later is still heard. */
export const PATIENCE = 3000;
/** A table of thousands of nodes and a whole page take their time. */
const LONG_PATIENCE = 30_000;

export interface Port {
  name: string;
  type: string;
  parameter?: string | null;
}

/** What the kernel tells about a node. */
export interface NodeDetail {
  name: string;
  op: string;
  domain: string;
  inputs: Port[];
  outputs: Port[];
  attributes: { name: string; value: string; type: string }[];
  evidence: string;
  confidence: number;
  source: string | null;
  also: string[];
}

/** The forward of a row's module, as it stands in its file. */
export interface SourceText {
  file: string;
  /** Line number of the first line. */
  first: number;
  lines: string[];
  class: string;
}

/** What the whole view can be saved as. */
export type PageFormat = "html" | "json";

export type Question =
  | { kind: "node"; index: number }
  | { kind: "source"; row: number }
  | { kind: "table"; nodes: number[] }
  | { kind: "page"; format: PageFormat }
  | { kind: "job"; number: number };

export type Answer =
  | { kind: "node"; detail: NodeDetail }
  | { kind: "source"; source: SourceText }
  | { kind: "table"; details: NodeDetail[] }
  | { kind: "page"; text: string }
  | { kind: "job"; job: unknown }
  | { kind: "error"; message: string }
  | { kind: "silent" };

export type Ask = (question: Question, hear: (answer: Answer) => void) => void;

/** Where nobody can answer. */
export const silence: Ask = (_, hear) => hear({ kind: "silent" });

export function createAsk<T extends object>(model: AnyModel<T>, signal: AbortSignal): Ask {
  const waiting = new Map<number, { hear: (answer: Answer) => void; timer: ReturnType<typeof setTimeout> }>();
  // Another page may be connected to the same kernel and hear our answers: ids must not be alike.
  let id = Math.floor(Math.random() * 2 ** 30);
  const answered = (answer: (Answer & { id?: number }) | null) => {
    const question = waiting.get(answer?.id as number);
    if (!question) return;
    waiting.delete(answer?.id as number);
    clearTimeout(question.timer);
    question.hear(answer as Answer);
  };
  model.on("msg:custom", answered);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", answered);
    for (const { timer } of waiting.values()) clearTimeout(timer);
    waiting.clear();
  });
  return (question, hear) => {
    id++;
    const timer = setTimeout(
      () => hear({ kind: "silent" }),
      ["table", "page"].includes(question.kind) ? LONG_PATIENCE : PATIENCE,
    );
    waiting.set(id, { hear, timer });
    try {
      model.send({ ...question, id });
    } catch {
      waiting.delete(id);
      clearTimeout(timer);
      hear({ kind: "silent" });
    }
  };
}
