/** Tools that are about differences: only those, and one after the other. */
import { NONE } from "../../store";
import { IconButton } from "../parts";
import { quiet } from "../view";
import { type CompareView, stepDifference } from "./view";

export function OnlyDifferences({ view: { store } }: { view: CompareView }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={store.only.value}
        onChange={(event) => store.setOnly(event.currentTarget.checked)}
        {...quiet}
      />
      only differences
    </label>
  );
}

export function Steps({ view }: { view: CompareView }) {
  const { store } = view;
  const count = store.differences.value.steps.length;
  const at = store.stepped.value;
  return (
    <span class="steps">
      <Step view={view} by={-1} off={count === 0} />
      <span class="sm">
        {at !== NONE && (
          <>
            <span class="mono">{at + 1}</span> of{" "}
          </>
        )}
        <span class="mono">{count === 0 ? "no" : count}</span>
        {at === NONE && (count === 1 ? " difference" : " differences")}
      </span>
      <Step view={view} by={1} off={count === 0} />
    </span>
  );
}

function Step({ view, by, off }: { view: CompareView; by: 1 | -1; off: boolean }) {
  const label = by === 1 ? "Next difference" : "Previous difference";
  return (
    <IconButton
      icon={by === 1 ? "right" : "left"}
      label={label}
      title={`${label} (${by === 1 ? "n" : "Shift+n"})`}
      disabled={off}
      onClick={() => stepDifference(view, by)}
    />
  );
}
