/** The boxes, lines and labels of a drawing. Every text of a model is a text child of its own <text>. */
import { useMemo } from "preact/hooks";
import { type Box, canOpen } from "../../graph/boxes";
import { LINE, type Look, moreText, TITLE } from "../../graph/looks";
import type { Mark } from "../../graph/marks";
import type { Line, Shape, Tag } from "../../graph/scene";
import { quiet } from "../view";

interface BoxProps {
  box: Box;
  shape: Shape;
  look: Look;
  /** What is special about it now: `sel`, `linked`, `hot`, `hit`. */
  state: string;
  /** An operator of a run that is linked or docked, and those that match. */
  node: number;
  matches: Uint8Array | null;
  active: boolean;
  label: string;
  current: boolean;
}

/**
 * One box, focusable; the spaces between its texts keep them apart for whoever compares them with its label. Of an open one the head, over the lines that cross it. */
export function BoxGroup(props: BoxProps) {
  const { box, shape, look, state, node, matches, active, label, current } = props;
  return useMemo(
    () => (
      <g
        class={`bx ${box.kind}${state}`}
        role="button"
        tabindex={active ? 0 : -1}
        data-box={box.id}
        aria-label={label}
        aria-expanded={canOpen(box) ? box.open : undefined}
        aria-current={current ? "true" : undefined}
        {...quiet}
      >
        <Content {...props} />
      </g>
    ),
    [box, shape, look, state, node, matches, active, label, current],
  );
}

function Content({ box, shape, look, node, matches }: BoxProps) {
  const { x, y, width, height } = shape;
  if (box.kind === "run") return <Run shape={shape} look={look} node={node} matches={matches} />;
  if (!canOpen(box)) return <End box={box} shape={shape} look={look} />;
  const rect = { x, y, width, height, rx: 6 };
  if (!box.open) {
    return (
      <>
        <rect class="b" {...rect} />
        <Head shape={{ ...shape, y: y + (height - TITLE) / 2 }} look={look} open={false} />
      </>
    );
  }
  return (
    <>
      <rect class="ring" {...rect} />
      <rect class="grip" x={x} y={y} width={width} height={TITLE} />
      <Head shape={shape} look={look} open={true} />
    </>
  );
}

function Head({ shape: { x, y, width }, look, open }: { shape: Shape; look: Look; open: boolean }) {
  const { name, nameAt, extra, extraAt, count } = look;
  return (
    <>
      <g class="cr" data-caret>
        <rect x={x} y={y} width={22} height={TITLE} />
        <path d={open ? `M${x + 9} ${y + 10}l3.5 3.5 3.5-3.5` : `M${x + 10} ${y + 8.5}l3.5 3.5-3.5 3.5`} />
      </g>
      <text x={x + nameAt} y={y + 16}>
        {name}
      </text>{" "}
      {extra !== "" && (
        <text class="s q" x={x + extraAt} y={y + 16}>
          {extra}
        </text>
      )}{" "}
      <text class="m q z" x={x + width - 9} y={y + 16}>
        {count}
      </text>
    </>
  );
}

function Run({ shape, look, node, matches }: Pick<BoxProps, "shape" | "look" | "node" | "matches">) {
  const { x, y, width, height } = shape;
  const top = y + (height - LINE * look.lines.length) / 2;
  return (
    <>
      <rect class="b" x={x} y={y} width={width} height={height} rx={3} />
      {look.lines.map((line, i) => {
        const more = typeof line === "number";
        const state = more ? " q" : `${line.quiet ? " q" : ""}${matches?.[line.node] ? " hit" : ""}`;
        const at = top + LINE * i;
        return (
          <g key={i} class="op" data-op={more ? undefined : line.node}>
            <rect
              class={!more && line.node === node ? "ln on" : "ln"}
              x={x + 1}
              y={at + (i === 0 ? 1 : 0.5)}
              width={width - 2}
              height={LINE - 1}
            />
            {i > 0 && <path class="sg" d={`M${x + 1} ${at}h${width - 2}`} />}
            <text class={`m c${state}`} x={x + width / 2} y={at + 12.5}>
              {more ? moreText(line) : line.op}
            </text>{" "}
          </g>
        );
      })}
    </>
  );
}

/** An input, an output, or where a value that many read comes in. */
function End({ box, shape, look }: Pick<BoxProps, "box" | "shape" | "look">) {
  const { x, width } = shape;
  const middle = shape.y + shape.height / 2;
  return (
    <>
      <rect class={box.fan > 0 ? "b fan" : "b"} x={x} y={middle - 10} width={width} height={20} rx={10} />
      <text class="m" x={x + look.nameAt} y={middle + 4}>
        {look.name}
      </text>{" "}
      {look.extra !== "" && (
        <text class="m q" x={x + look.extraAt} y={middle + 4}>
          {look.extra}
        </text>
      )}
    </>
  );
}

export function LineGroup({ line, place, hot }: { line: Line; place: number; hot: boolean }) {
  return useMemo(
    () => (
      <g class={`e${line.residual ? " res" : ""}${line.back ? " back" : ""}${hot ? " hot" : ""}`} data-line={place}>
        <path class="near" d={line.path} />
        <path d={line.path} />
        {line.head !== "" && <path class="hd" d={line.head} />}
        {line.count && (
          <text class="m q" x={line.count.x} y={line.count.y}>
            {line.count.text}
          </text>
        )}
      </g>
    ),
    [line, place, hot],
  );
}

/** The pointer and the reader hear of a label at its box; it is no tab stop of its own. */
export function TagGroup({ tag, place, hot }: { tag: Tag; place: number; hot: boolean }) {
  const { look, x, y } = tag;
  return (
    <g class={hot ? "tag hot" : "tag"} data-tag={place}>
      {tag.line !== "" && <path class="to" d={tag.line} />}
      {tag.head !== "" && <path class="hd" d={tag.head} />}
      <path class="b" d={tag.outline} />
      <text class="m" x={x + 7} y={y + 12}>
        {look.text}
      </text>
      {look.count !== "" && (
        <text class="m q" x={x + look.countAt} y={y + 12}>
          {look.count}
        </text>
      )}
    </g>
  );
}

export function MarkGroup({ mark: { x, y, entry } }: { mark: Mark }) {
  return (
    <g class="mk" transform={`translate(${x} ${y})`} style={{ color: entry.hue }}>
      <path d={entry.glyph.line} />
      {entry.glyph.fill !== "" && <path class="full" d={entry.glyph.fill} />}
    </g>
  );
}
