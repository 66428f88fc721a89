/** Operators by frequency; a bar is dark where the module's own forward made them, light where its children did. */
import { useState } from "preact/hooks";
import type { Operator } from "../../about";
import { ownership } from "../../format";
import { Link } from "../parts";

/** More than this are shown when they are asked for. */
const FEW = 12;

export function Histogram({ operators, find }: { operators: Operator[]; find(name: string): void }) {
  const [all, setAll] = useState(false);
  const shown = all || operators.length <= FEW + 1 ? operators : operators.slice(0, FEW);
  const most = operators[0].total;
  return (
    <>
      <ul class="hist">
        {shown.map(({ name, own, total }) => (
          <li key={name}>
            <Link mono onClick={() => find(name)}>
              <bdi>{name}</bdi>
            </Link>
            <span class="num">{total}</span>
            <span class="brs" title={ownership(own, total)}>
              <b style={{ width: `${(100 * own) / most}%` }} />
              <b style={{ width: `${(100 * (total - own)) / most}%` }} />
            </span>
          </li>
        ))}
      </ul>
      {shown.length < operators.length && (
        <Link onClick={() => setAll(true)}>{operators.length - shown.length} more</Link>
      )}
    </>
  );
}
