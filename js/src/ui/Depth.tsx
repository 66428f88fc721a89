/** How deep the tree is open: root … deepest, operators as rows at the end, or mixed once rows were opened by hand. */
import { quiet, type View } from "./view";

/** `operators`: whether they may be rows. */
export function Depth({ view: { store }, operators = true }: { view: View; operators?: boolean }) {
  const { deepest, nodes } = store.tree;
  const { depth, mixed } = store.depth.value;
  const last = deepest + (operators && nodes.count > 0 ? 1 : 0);
  if (last === 0) return null;
  const word = mixed ? "mixed" : wordFor(depth, deepest);
  return (
    <label class="depth">
      depth
      <input
        type="range"
        min={0}
        max={last}
        value={depth}
        aria-label={operators ? "Depth: root to operators" : "Depth: root to deepest"}
        aria-valuetext={word}
        onInput={(event) => store.setDepth(Number(event.currentTarget.value))}
        onKeyDown={(event) => event.key.startsWith("Arrow") && event.stopPropagation()}
        {...quiet}
      />
      <output>{word}</output>
    </label>
  );
}

function wordFor(depth: number, deepest: number): string {
  if (depth > deepest) return "operators";
  if (depth === 0) return "root";
  return depth === deepest ? "deepest" : `${depth} of ${deepest}`;
}
