/** The buttons over the canvas. */
import { fitted } from "../../graph/camera";
import { Icon } from "../Icons";
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
      <Button label="Module around (Backspace)" icon="up" off={drawn.value === 0} onClick={() => goOut(view, state)} />
      <Button label="Zoom out (-)" icon="minus" onClick={() => zoomBy(state, 0.8)} />
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
      <Button label="Zoom in (+)" icon="plus" onClick={() => zoomBy(state, 1.25)} />
      <Button label="Fit (0)" icon="fit" onClick={() => fitAll(state)} />
      <Button label={down ? "From left to right" : "From top to bottom"} icon="turn" onClick={turn} />
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

interface ButtonProps {
  label: string;
  icon: "up" | "minus" | "plus" | "fit" | "turn";
  off?: boolean;
  onClick: () => void;
}

function Button({ label, icon, off, onClick }: ButtonProps) {
  return (
    <button type="button" class="btn" aria-label={label} title={label} disabled={off} onClick={onClick} {...quiet}>
      <Icon name={icon} />
    </button>
  );
}
