/** The last action as a line of Python, and the list of keys. */
import type { ComponentChildren } from "preact";
import { type KeyList, Keys } from "./Keys";
import { CopyButton } from "./parts";
import type { Shell } from "./view";

export function Foot({ view, keys, children }: { view: Shell; keys: KeyList; children?: ComponentChildren }) {
  const python = view.store.python.value;
  return (
    <div class="foot" data-zone="foot">
      <span>Python</span>
      <code title={python}>{python}</code>
      <CopyButton text={python} label="Copy code" />
      <span class="grow" />
      {children}
      <Keys view={view} keys={keys} />
    </div>
  );
}
