/** Draws a sweep on the page of the test, and finds things in it. */
import { draw, settle } from "./draw";
import { sweepOf } from "./sweepPayloads";

type Traits = Record<string, unknown> & { views?: number };

export async function sweep(payload: unknown = sweepOf(), traits: Traits = {}) {
  const drawn = await draw(payload, {
    ...({ query: "", statuses: [], sort: "", compared: [] } as object),
    ...traits,
  });
  const { el, model, fire } = drawn;
  const rows = () => [...el.querySelectorAll<HTMLElement>("[data-row]")];
  const get = model as unknown as { get(name: string): unknown; set(name: string, value: unknown): void };
  return {
    ...drawn,
    rows,
    names: () => rows().map((row) => row.firstElementChild?.textContent),
    cells: (at: number) => [...rows()[at].querySelectorAll<HTMLElement>('[role="gridcell"]')],
    texts: (at: number) => [...rows()[at].querySelectorAll('[role="gridcell"]')].map((cell) => cell.textContent),
    cell: (label: string) => el.querySelector<HTMLElement>(`[aria-label^="${label}"]`) as HTMLElement,
    focused: () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent,
    button: (name: string) =>
      [...el.querySelectorAll<HTMLElement>("button")].find((one) => one.textContent?.trim() === name) as HTMLElement,
    code: () => el.querySelector(".foot code")?.textContent,
    trait: (name: string) => get.get(name),
    put: async (name: string, value: unknown) => {
      get.set(name, value);
      await settle();
    },
    /** What Python says of its own accord, or as the answer to the last question. */
    tell: async (message: object) => {
      fire("msg:custom", message);
      await settle();
    },
  };
}
