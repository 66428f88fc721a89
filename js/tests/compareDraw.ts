/** Draws a comparison on the page of the test, and finds things in it. */
import { comparisonOf, net, type Side } from "./comparePayloads";
import { draw, settle } from "./draw";

const seconds = [
  ["run", 0.5],
  ["capture", 2],
  ["attribute", 0.25],
];
export const fx: Side = { name: "fx", head: { seconds, bytes: 1000, peak: 5e6 } };
export const htp: Side = { name: "htp", moves: { 2: 0, 3: 1 }, evidence: "value" };
export const bad: Side = { name: "bad", failed: { stage: "capture", reason: "a branch on data" } };

type Given = { only_differences?: boolean; baseline?: number; selected?: string | null; views?: number };

export async function compare(sides: Side[], traits: Given = {}, root = net(), head: Record<string, unknown> = {}) {
  const drawn = await draw(comparisonOf(root, sides, head), {
    ...({ only_differences: false, baseline: 0 } as object),
    ...traits,
  });
  const { model } = drawn;
  const inside = (el: HTMLElement) => {
    const rows = () => [...el.querySelectorAll<HTMLElement>("[data-row]")];
    const name = (row: Element) => row.querySelector(".nm")?.textContent ?? "";
    return {
      rows,
      names: () => rows().map(name),
      row: (text: string) => rows().find((row) => name(row) === text) as HTMLElement,
      cells: (text: string) =>
        [
          ...(rows()
            .find((row) => name(row) === text)
            ?.querySelectorAll(".cell") ?? []),
        ].map((cell) => cell.textContent),
      lines: () => [...el.querySelectorAll<HTMLElement>("[data-line]")],
      said: () => el.querySelector(".said")?.textContent,
      focused: () => name(document.activeElement as Element),
      code: () => el.querySelector(".foot code")?.textContent,
    };
  };
  const trait = (name: string) => (model as unknown as { get(name: string): unknown }).get(name);
  const put = async (name: string, value: unknown) => {
    (model as unknown as { set(name: string, value: unknown): void }).set(name, value);
    await settle();
  };
  return {
    ...drawn,
    ...inside(drawn.el),
    views: drawn.views.map((view) => ({ ...view, ...inside(view.el) })),
    trait,
    put,
  };
}
