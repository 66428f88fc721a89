/** How long an export took: what it shares with others, and what is its own. */
import type { Column } from "./payload";

/** The stages that come before any strategy. */
const SHARED = ["run", "capture"];

interface Time {
  shared: number;
  own: number;
  /** "run 0.62 s, capture 4.55 s, …" */
  text: string;
}

/** Null where no time was taken. A stage with exactly another column's seconds is the same one, run once. */
export function timeOf(columns: Column[], at: number): Time | null {
  const { seconds, graph } = columns[at];
  if (seconds.length === 0) return null;
  const others = columns.filter((other, i) => i !== at && other.graph === graph).flatMap((other) => other.seconds);
  // A hundredth of a second may be alike by chance, and would not be seen in a bar.
  const isShared = (stage: string, value: number) =>
    SHARED.includes(stage) || (value > 0.05 && others.some(([name, much]) => name === stage && much === value));
  let [shared, own] = [0, 0];
  for (const [stage, value] of seconds) {
    if (isShared(stage, value)) shared += value;
    else own += value;
  }
  return { shared, own, text: seconds.map(([stage, value]) => `${stage} ${clock(value)}`).join(", ") };
}

/** `2.09 s`, `61 s`, `5 min`. */
export function clock(seconds: number): string {
  if (seconds >= 600) return `${Math.round(seconds / 60)} min`;
  return `${seconds >= 60 ? Math.round(seconds) : seconds.toFixed(2)} s`;
}
