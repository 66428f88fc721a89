/** Lines as numbers, in flow coordinates, until they are written as SVG paths. */
import type { Direction } from "./layout";

export type Stroke = ["M" | "L" | "C" | "Q", ...number[]];

/** A line through corners, each rounded by up to `radius`. */
export function rounded(points: readonly (readonly [number, number])[], radius: number): Stroke[] {
  const out: Stroke[] = [["M", ...points[0]]];
  for (let i = 1; i < points.length - 1; i++) {
    const [before, at, after] = [points[i - 1], points[i], points[i + 1]];
    const r = Math.min(radius, far(before, at) / 2, far(at, after) / 2);
    out.push(["L", ...toward(at, before, r)], ["Q", ...at, ...toward(at, after, r)]);
  }
  out.push(["L", ...points[points.length - 1]]);
  return out;
}

type Point = readonly [number, number];
const far = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function toward(from: Point, to: Point, by: number): [number, number] {
  const whole = far(from, to);
  if (whole === 0) return [from[0], from[1]];
  return [from[0] + ((to[0] - from[0]) * by) / whole, from[1] + ((to[1] - from[1]) * by) / whole];
}

/** From one place to another, leaving and arriving along the flow. */
export function curve(from: Point, to: Point): Stroke[] {
  if (Math.abs(from[0] - to[0]) < 0.5) return [["L", ...to]];
  const middle = (from[1] + to[1]) / 2;
  return [["C", from[0], middle, to[0], middle, ...to]];
}

/** Whether a curve keeps clear of a rectangle. */
export function clears(
  from: Point,
  to: Point,
  box: { left: number; right: number; top: number; bottom: number },
): boolean {
  const middle = (from[1] + to[1]) / 2;
  for (let i = 1; i < 16; i++) {
    const t = i / 16;
    const s = 1 - t;
    const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
    const u = (a + b) * from[0] + (c + d) * to[0];
    const v = a * from[1] + (b + c) * middle + d * to[1];
    if (u > box.left && u < box.right && v > box.top && v < box.bottom) return false;
  }
  return true;
}

const digits = (n: number) => String(Math.round(n * 10) / 10);

/** As an SVG path, moved, in the direction of the drawing. */
export function path(strokes: Stroke[], direction: Direction, u0: number, v0: number): string {
  return strokes
    .map(([command, ...numbers]) => {
      const out: string[] = [];
      for (let i = 0; i < numbers.length; i += 2) {
        const [u, v] = [digits(numbers[i] + u0), digits(numbers[i + 1] + v0)];
        out.push(direction === "down" ? `${u} ${v}` : `${v} ${u}`);
      }
      return command + out.join(" ");
    })
    .join("");
}

/** The head of an arrow at a point, along the flow or across it. */
export function head(u: number, v: number, along: boolean, size: number): Stroke[] {
  const [length, half] = [size, size * 0.45];
  return along
    ? [
        ["M", u, v],
        ["L", u - half, v - length],
        ["L", u + half, v - length],
      ]
    : [
        ["M", u, v],
        ["L", u - length, v - half],
        ["L", u - length, v + half],
      ];
}
