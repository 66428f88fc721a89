/** Where the marks of a colour stand: beside the names of modules and before operators. */
import type { Colours, Legend } from "../colours";
import type { Size } from "./camera";
import { LINE } from "./looks";
import type { Scene } from "./scene";

export interface Mark {
  x: number;
  y: number;
  entry: Legend;
}

export function marksOf({ shapes, model, sheet }: Scene, colours: Colours | null): Mark[] {
  if (!colours) return [];
  return shapes.flatMap(({ box, x, y, height }) => {
    const { kind, row, open } = model.boxes[box];
    const mark = (at: number, left: number, top: number): Mark[] =>
      at < 0 ? [] : [{ x: left, y: top, entry: colours.legend[at] }];
    if (kind === "module") return mark(colours.ofRow(row), x + 21, open ? y + 7 : y + height / 2 - 5);
    return sheet.looks[box].lines.flatMap((line, i) =>
      typeof line === "number" ? [] : mark(colours.ofNode(line.node), x + 5, y + LINE * i + 3.5),
    );
  });
}

/** Height of an entry of the legend below the drawing. */
export const ENTRY = 18;

export const legendOf = (marks: Mark[]): Legend[] => [...new Set(marks.map(({ entry }) => entry))];

/** The drawing with its legend. */
export function sizeOf(scene: Scene, colours: Colours | null): Size {
  const entries = legendOf(marksOf(scene, colours)).length;
  const { width, height } = scene;
  return entries > 0 ? { width: Math.max(width, 200), height: height + 8 + ENTRY * entries } : { width, height };
}
