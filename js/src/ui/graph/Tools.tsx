/** The buttons over the canvas. */
import { fitted } from "../../graph/camera";
import { Icon } from "../Icons";
import { IconButton } from "../parts";
import { quiet, type View } from "../view";
import { fitAll } from "./Canvas";
import { goOut, zoomBy } from "./events";
import { save } from "./save";
import type { GraphState } from "./state";

export function Tools({ view, state }: { view: View; state: GraphState }) {
  const { camera, direction, drawn, hand, canvas, size } = state;
  const down = direction.value === "down";
  const turn = () => {
    hand.moved = false;
    direction.value = down ? "right" : "down";
    view.said.value = down ? "From left to right" : "From top to bottom";
  };
  const natural = () => {
    zoomBy(state, 1 / camera.peek().zoom);
    if (fitted(size.peek(), canvas.peek()).zoom === 1) fitAll(state);
  };
  return (
    <div class="zoom" role="toolbar" aria-label="Drawing">
      <IconButton
        icon="up"
        label="Module around (Backspace)"
        disabled={drawn.value === 0}
        onClick={() => goOut(view, state)}
      />
      <IconButton icon="minus" label="Zoom out (-)" onClick={() => zoomBy(state, 0.8)} />
      <button
        type="button"
        class="btn mono"
        title="Natural size"
        aria-label={`Zoom ${percent(camera.value.zoom)}, natural size`}
        onClick={natural}
        {...quiet}
      >
        {percent(camera.value.zoom)}
      </button>
      <IconButton icon="plus" label="Zoom in (+)" onClick={() => zoomBy(state, 1.25)} />
      <IconButton icon="fit" label="Fit (0)" onClick={() => fitAll(state)} />
      <IconButton icon="turn" label={down ? "From left to right" : "From top to bottom"} onClick={turn} />
      {(["svg", "png"] as const).map((as) => (
        <button
          key={as}
          type="button"
          class="btn sm"
          aria-label={`Save ${as.toUpperCase()}`}
          title={`Save ${as.toUpperCase()}`}
          onClick={(event) => save(view, state, event.currentTarget.closest(".cv") as Element, as)}
          {...quiet}
        >
          <Icon name="save" />
          {as.toUpperCase()}
        </button>
      ))}
    </div>
  );
}

const percent = (zoom: number) => `${Math.round(100 * zoom)} %`;
