/** Which part of the drawing is seen, and how large. */

export interface Camera {
  /** Place of the drawing's origin on the canvas. */
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

const LEAST = 0.05;
const MOST = 3;
/** Smaller than this nothing can be read: a large drawing begins at its top instead. */
const READABLE = 0.75;
const AROUND = 12;
/** Height of the buttons over the canvas, with the room above them, and their width. */
export const TOOLS = { height: 44, width: 296 };

const limited = (zoom: number) => Math.min(MOST, Math.max(LEAST, zoom));

/** All of it, at most in its natural size. */
export function fitted(drawing: Size, canvas: Size): Camera {
  const whole = (top: number) =>
    limited(
      Math.min(
        1,
        (canvas.width - 2 * AROUND) / drawing.width,
        Math.max(canvas.height - top - AROUND, 40) / drawing.height,
      ),
    );
  let zoom = whole(AROUND);
  let top = AROUND;
  // Where it would lie below the buttons it begins lower.
  if ((canvas.width - drawing.width * zoom) / 2 < TOOLS.width + AROUND) {
    top = TOOLS.height;
    zoom = whole(top);
  }
  const free = canvas.height - top - AROUND - drawing.height * zoom;
  return { zoom, x: (canvas.width - drawing.width * zoom) / 2, y: top + Math.max(0, Math.min(free / 2, free * 0.2)) };
}

/** All of it if it can be read then, else its beginning: `start` is where the flow begins. */
export function begin(drawing: Size, canvas: Size, start: { x: number; y: number }, down: boolean): Camera {
  const all = fitted(drawing, canvas);
  if (all.zoom >= READABLE) return all;
  const zoom = Math.max(
    READABLE,
    Math.min(1, (down ? canvas.width : canvas.height) / (down ? drawing.width : drawing.height)),
  );
  /** Centred on the beginning, but without empty room on one side while there is more to see on the other. */
  const across = (length: number, from: number, to: number, at: number) => {
    if (length * zoom <= to - from) return (from + to - length * zoom) / 2;
    return Math.min(from, Math.max(to - length * zoom, (from + to) / 2 - at * zoom));
  };
  return down
    ? { zoom, x: across(drawing.width, AROUND, canvas.width - AROUND, start.x), y: TOOLS.height }
    : { zoom, x: AROUND, y: across(drawing.height, TOOLS.height, canvas.height - AROUND, start.y) };
}

/** Larger or smaller, while the place under the pointer stays. */
export function zoomAt(camera: Camera, factor: number, x: number, y: number): Camera {
  const zoom = limited(camera.zoom * factor);
  const by = zoom / camera.zoom;
  return { zoom, x: x - (x - camera.x) * by, y: y - (y - camera.y) * by };
}

/** Moved just so far that a rectangle of the drawing is seen; the very same camera when it is. */
export function reveal(camera: Camera, canvas: Size, box: { x: number; y: number } & Size): Camera {
  const { zoom } = camera;
  const left = camera.x + box.x * zoom;
  const top = camera.y + box.y * zoom;
  const shift = (begin: number, length: number, low: number, high: number) => {
    if (begin >= low && begin + length <= high) return 0;
    // What is larger than the canvas is shown from its beginning.
    return begin < low || length > high - low ? low - begin : high - begin - length;
  };
  const x = shift(left, box.width * zoom, AROUND, canvas.width - AROUND);
  const y = shift(top, box.height * zoom, TOOLS.height, canvas.height - AROUND);
  return x === 0 && y === 0 ? camera : { zoom, x: camera.x + x, y: camera.y + y };
}
