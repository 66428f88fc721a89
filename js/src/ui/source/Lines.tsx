/** Lines of a forward and their chips. One tab stop: arrows move between lines, and along the chips of a line. */
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SourceText } from "../../ask";
import { plural, undirected } from "../../format";
import { isLetter, modified, taken } from "../../keyboard";
import { type Chip, drawnLines, indentOf, type Line, type Listing } from "../../source";
import type { Token } from "../../source/tokens";
import { NONE } from "../../store";
import { Link } from "../parts";
import { quiet, type View } from "../view";
import { Chips } from "./Chips";
import { dockNext, lit } from "./lit";

interface LinesProps {
  view: View;
  row: number;
  source: SourceText;
  made: Listing;
}

export function Lines({ view, row, source, made }: LinesProps) {
  const [shown, setShown] = useState<ReadonlySet<number>>(new Set());
  const [stop, setStop] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const drawn = useMemo(() => drawnLines(made, shown), [made, shown]);
  const indent = useMemo(() => indentOf(made, drawn), [made, drawn]);
  const { linked, node } = view.store;
  const hot = lit(made, node.value, linked.value, view.store.tree, row);
  useSight(box, node.value);
  const toggle = (from: number) => {
    const next = new Set(shown);
    if (!next.delete(from)) next.add(from);
    setShown(next);
  };
  const chipsAt = (event: Event) => made.chips[lineOf(event.target as Element)] ?? [];
  const first = drawn.find((line) => isStop(line));
  const current = drawn.some((line) => isStop(line) && stopName(line) === stop) ? stop : first && stopName(first);
  return (
    <div
      class="src"
      role="group"
      aria-label={`Forward of ${source.class}`}
      ref={box}
      onClick={(event) => {
        if (!(event.target as Element).closest(".chip, .fold")) dockNext(view, nodesOf(chipsAt(event)));
      }}
      onPointerOver={(event) => {
        if (!(event.target as Element).closest(".chip")) linked.value = linkTo(chipsAt(event));
      }}
      onPointerLeave={() => {
        linked.value = null;
      }}
      onFocusIn={(event) => setStop((event.target as HTMLElement).dataset.stop ?? "")}
      onKeyDown={(event) => lineKey(event, view, box.current as HTMLElement)}
    >
      <div class="code">
        {drawn.map((line, at) =>
          line.kind === "fold" ? (
            <FoldLine
              key={`fold ${line.part.from}`}
              line={line}
              honest={made.elsewhere.length === 0}
              at={at}
              active={stopName(line) === current}
              toggle={() => toggle(line.part.from)}
            />
          ) : (
            <CodeLine
              key={line.line}
              view={view}
              line={line}
              number={source.first + line.line}
              made={made}
              indent={indent}
              at={at}
              active={current === stopName(line)}
              hot={hot.has(line.line)}
            />
          ),
        )}
      </div>
      <Elsewhere view={view} made={made} active={first === undefined} />
    </div>
  );
}

/** Brings the lines of the docked node into sight: its detail may have taken their room. */
function useSight(box: RefObject<HTMLElement | null>, docked: number): void {
  useLayoutEffect(() => {
    const element = box.current;
    const line = docked === NONE ? null : element?.querySelector<HTMLElement>(".ln.hot");
    if (!element || !line) return;
    const bottom = line.offsetTop + line.offsetHeight;
    if (line.offsetTop < element.scrollTop) element.scrollTop = line.offsetTop;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  }, [docked]);
}

const lineOf = (element: Element) => Number(element.closest<HTMLElement>("[data-line]")?.dataset.line ?? NONE);
const nodesOf = (chips: Chip[]) => chips.flatMap(({ nodes }) => nodes);

/** What the mouse means on a line: its only child module, or the first node. */
function linkTo(chips: Chip[]): { row: number } | { node: number } | null {
  if (chips.length === 0) return null;
  const [{ rows, nodes }] = chips;
  return chips.length === 1 && rows.length === 1 ? { row: rows[0] } : { node: nodes[0] };
}

const isStop = (line: Line) => line.kind === "fold" || (line.chips !== null && line.chips.length > 0);
const stopName = (line: Line) => (line.kind === "fold" ? `fold ${line.part.from}` : `line ${line.line}`);

interface FoldProps {
  line: Line & { kind: "fold" };
  /** Whether nothing was made outside of the text: then lines without nodes made none. */
  honest: boolean;
  at: number;
  active: boolean;
  toggle(): void;
}

function FoldLine({ line: { part, shown }, honest, at, active, toggle }: FoldProps) {
  const count = part.to - part.from;
  const what = part.head ? "" : honest ? " that made no node" : " with no node recorded";
  return (
    <div class="fold" style={{ "--at": at + 1 }} data-line={part.from}>
      <span>
        {plural(count, "line")}
        {what}: <bdi class="mono">{part.label}</bdi>{" "}
        <Link aria-expanded={shown} data-stop={`fold ${part.from}`} tabIndex={active ? 0 : -1} onClick={toggle}>
          {shown ? "Hide" : "Show"}
        </Link>
      </span>
    </div>
  );
}

interface CodeLineProps {
  view: View;
  line: Line & { kind: "line" };
  number: number;
  made: Listing;
  /** Blanks that every drawn line begins with. */
  indent: number;
  at: number;
  active: boolean;
  hot: boolean;
}

function CodeLine({ view, line: { line, chips, span }, number, made, indent, at, active, hot }: CodeLineProps) {
  const tokens = drawnTokens(made.tokens[line], indent);
  const mine = made.chips[line];
  const count = nodesOf(mine).length;
  const state = `${count > 0 ? " made" : ""}${hot ? " hot" : ""}`;
  return (
    <>
      {count > 0 ? (
        <button
          type="button"
          class={`ln${state}`}
          style={{ "--at": at + 1 }}
          data-line={line}
          data-stop={`line ${line}`}
          tabIndex={active ? 0 : -1}
          aria-label={`Line ${number} made ${plural(count, "node")}`}
          aria-pressed={hot}
          {...quiet}
        >
          {number}
        </button>
      ) : (
        <span class="ln" style={{ "--at": at + 1 }}>
          {number}
        </span>
      )}
      <pre class={`tx${state}`} style={{ "--at": at + 1 }} data-line={line}>
        <bdi dir="ltr">
          {tokens.map(({ text, kind }, i) =>
            kind === "plain" ? (
              text
            ) : (
              <span key={i} class={`h-${kind}`}>
                {text}
              </span>
            ),
          )}
        </bdi>
      </pre>
      {chips && (
        <div
          class={`ops${chips.length > 0 ? state : " empty"}`}
          style={{ "--at": at + 1, "--span": span }}
          data-line={chips.length > 0 ? line : undefined}
        >
          <Chips view={view} chips={chips} />
        </div>
      )}
    </>
  );
}

/** Tokens as they are drawn, without the first characters, which are blanks. */
function drawnTokens([first, ...rest]: Token[], indent: number): Token[] {
  if (first === undefined) return [];
  return [{ ...first, text: first.text.slice(indent) }, ...rest].map(({ text, kind }) => ({
    text: undirected(text),
    kind,
  }));
}

/** Arrows move; letters are the widget's. */
function lineKey(event: KeyboardEvent, view: View, box: HTMLElement): void {
  if (modified(event) || isLetter(event)) return;
  const stops = [...box.querySelectorAll<HTMLElement>("[data-stop]")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  const firsts = stops.filter((stop, i) => i === 0 || lineOf(stop) !== lineOf(stops[i - 1]));
  const line = firsts.findIndex((stop) => lineOf(stop) === lineOf(stops[at]));
  const along = (to: number) => (stops[to] && lineOf(stops[to]) === lineOf(stops[at]) ? stops[to] : undefined);
  const go: Record<string, () => HTMLElement | undefined> = {
    ArrowDown: () => firsts[line + 1],
    ArrowUp: () => firsts[line - 1],
    Home: () => firsts[0],
    End: () => firsts[firsts.length - 1],
    ArrowRight: () => along(at + 1),
    ArrowLeft: () => along(at - 1),
  };
  if (!go[event.key]) return;
  const to = go[event.key]();
  if (to) to.focus();
  else if (event.key === "ArrowLeft") view.focus.value = "tree";
  taken(event);
}

/** What was made, but not at a line of the text: by place, as far as one is known. */
function Elsewhere({ view, made, active }: { view: View; made: Listing; active: boolean }) {
  if (made.elsewhere.length === 0) return null;
  return (
    <dl class="else" title="Made by code outside of this text, or in a way that the text does not tell">
      {made.elsewhere.map(({ place, chips }, at) => (
        <div key={place} data-line={made.chips.length + at}>
          <dt class="q">
            {place === "" ? "elsewhere" : "recorded at "}
            <bdi class="mono">{place}</bdi>
          </dt>
          <dd>
            <Chips view={view} chips={chips} active={active && at === 0} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
