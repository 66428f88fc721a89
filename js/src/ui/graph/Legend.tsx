/** What the shapes mean, and what is not drawn. */

import { canOpen } from "../../graph/boxes";
import type { Scene } from "../../graph/scene";
import { labelFrom } from "../../tree";

/** So many modules without nodes are named. */
const NAMED = 3;

export function Legend({ scene: { model, lines }, note }: { scene: Scene; note: string }) {
  const { tree, row, silent } = model;
  const named = silent.slice(0, NAMED).map((at) => labelFrom(tree, row, at));
  return (
    <ul class="leg">
      {note !== "" && <li class="note">{note}</li>}
      {model.boxes.some((box) => canOpen(box) && !box.open) && (
        <li>
          <svg viewBox="0 0 24 14" aria-hidden="true">
            <rect x="1" y="1" width="22" height="12" rx="5" />
          </svg>
          module, opens in place
        </li>
      )}
      {model.labels.length > 0 && (
        <li>
          <svg viewBox="0 0 24 14" aria-hidden="true">
            <path d="M1 2h15l6 5-6 5H1z" stroke-dasharray="3 2" />
          </svg>
          value with many readers
        </li>
      )}
      {lines.some(({ residual }) => residual) && (
        <li>
          <svg class="res" viewBox="0 0 24 14" aria-hidden="true">
            <path d="M1 7h22" />
          </svg>
          residual
        </li>
      )}
      {lines.some(({ back }) => back) && (
        <li>
          <svg viewBox="0 0 24 14" aria-hidden="true">
            <path d="M1 7h22" stroke-dasharray="5 3" />
          </svg>
          leads back
        </li>
      )}
      {silent.length > 0 && (
        <li
          class="none"
          title={silent
            .slice(0, 40)
            .map((at) => labelFrom(tree, row, at))
            .join(", ")}
        >
          <bdi>no nodes: {named.join(", ")}</bdi>
          {silent.length > NAMED && ` and ${silent.length - NAMED} more`}
        </li>
      )}
    </ul>
  );
}
