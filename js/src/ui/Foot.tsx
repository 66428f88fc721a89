/** The last action as a line of Python, and the list of keys. */
import { Keys } from "./Keys";
import { CopyButton } from "./parts";
import { quiet, type View } from "./view";

export function Foot({ view }: { view: View }) {
  const python = view.store.python.value;
  const open = view.keysOpen.value;
  return (
    <div class="foot" data-zone="foot">
      <span>Python</span>
      <code title={python}>{python}</code>
      <CopyButton text={python} label="Copy code" />
      <span class="grow" />
      <button
        type="button"
        class="btn keys"
        aria-expanded={open}
        aria-haspopup="dialog"
        onClick={() => {
          view.keysOpen.value = !open;
        }}
        {...quiet}
      >
        <span class="key">?</span> keys
      </button>
      {open && <Keys view={view} />}
    </div>
  );
}
