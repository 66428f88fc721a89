/** Where the arrow keys lead: along the edges, and to what stands beside. */
import type { Scene, Shape } from "./scene";

export type Step = "next" | "previous" | "before" | "after";

/** What an arrow key means in a drawing that flows down, or to the right. */
export function stepOf(key: string, direction: Scene["direction"]): Step | null {
  const steps = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"];
  const meant: Step[] =
    direction === "down" ? ["next", "previous", "before", "after"] : ["after", "before", "previous", "next"];
  return meant[steps.indexOf(key)] ?? null;
}

/** Middle across the flow, and beginning along it. */
function placed({ direction }: Scene, { x, y, width, height }: Shape) {
  return direction === "down"
    ? { u: x + width / 2, v: y, end: y + height, length: height }
    : { u: y + height / 2, v: x, end: x + width, length: width };
}

/** The box to go to; null where there is none. */
export function move(scene: Scene, box: number, step: Step): number | null {
  if (step === "next" || step === "previous") return along(scene, box, step === "next");
  const { boxes } = scene.model;
  const here = placed(scene, scene.shapeOf.get(box) as Shape);
  const sign = step === "after" ? 1 : -1;
  const beside = scene.shapes.filter((shape) => {
    const there = placed(scene, shape);
    if (shape.box === box || (there.u - here.u) * sign <= 1 || boxes[shape.box].open !== boxes[box].open) return false;
    return there.v < here.end && there.end > here.v;
  });
  return nearest(scene, beside, here);
}

function along(scene: Scene, box: number, forward: boolean): number | null {
  const { model } = scene;
  const here = placed(scene, scene.shapeOf.get(box) as Shape);
  const shapesOf = (ids: number[]) => ids.flatMap((id) => scene.shapeOf.get(id) ?? []);
  const one = model.boxes[box];
  // Into an open box, to where it begins; and from where its content begins out to it.
  if (one.open && forward) {
    const first = shapesOf(one.inner).sort((a, b) => placed(scene, a).v - placed(scene, b).v);
    return first[0]?.box ?? null;
  }
  const ends = model.edges.flatMap(({ from, to }) => (forward ? (from === box ? [to] : []) : to === box ? [from] : []));
  const found = nearest(scene, shapesOf(ends), here);
  if (found !== null) return found;
  // No edge: what stands next along the flow.
  const rest = scene.shapes.filter((shape) => {
    const there = placed(scene, shape);
    return shape.box !== box && !model.boxes[shape.box].open && (forward ? there.v >= here.end : there.end <= here.v);
  });
  return nearest(scene, rest, here);
}

function nearest(scene: Scene, shapes: Shape[], here: { u: number; v: number }): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const shape of shapes) {
    const there = placed(scene, shape);
    const far = Math.abs(there.u - here.u) + Math.abs(there.v - here.v);
    if (far < least) [best, least] = [shape.box, far];
  }
  return best;
}
