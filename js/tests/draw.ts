/** Draws a widget on the page of the test, as anywidget would, and finds things in it. */
import widget from "../src/index";
import type { Traits } from "../src/sync";
import { mockModel } from "./mockModel";

/** `traits` are those that Python has set before the widget is drawn. */
export async function draw(
  payload: unknown,
  { views = 1, ...traits }: { views?: number } & Partial<Omit<Traits, "payload">> = {},
) {
  const mock = mockModel(payload, traits);
  const whole = new AbortController();
  const instance = widget();
  const props = { model: mock.model, experimental: {} as never };
  await instance.initialize({ ...props, signal: whole.signal });
  const drawn = [];
  for (let i = 0; i < views; i++) {
    const el = document.body.appendChild(document.createElement("div"));
    const view = new AbortController();
    await instance.render({ ...props, el, host: {} as never, signal: view.signal });
    drawn.push({ el, close: () => view.abort(), ...finders(el) });
  }
  await settle();
  return { ...mock, ...drawn[0], views: drawn, destroy: () => whole.abort() };
}

/** Waits until effects have run and everything is drawn: two frames at least, however slow the machine is. */
export const settle = () => Promise.all([sleep(35), twoFrames()]);

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

async function twoFrames() {
  for (let frame = 0; frame < 2; frame++) {
    await new Promise((done) => requestAnimationFrame(done));
    await sleep(0); // effects run after the frame
  }
}

function finders(el: HTMLElement) {
  const find = (selector: string) => {
    const found = el.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`no ${selector}`);
    return found;
  };
  const rows = () => [...el.querySelectorAll<HTMLElement>(".tree [data-row]")];
  const name = (row: HTMLElement) => row.querySelector(".nm")?.textContent ?? "";
  return {
    find,
    rows,
    names: () => rows().map(name),
    row: (text: string) => {
      const found = rows().find((row) => name(row) === text);
      if (!found) throw new Error(`no row ${text}`);
      return found;
    },
    nodes: () => [...el.querySelectorAll<HTMLElement>("[data-node]")],
    selected: () =>
      rows()
        .filter((row) => row.getAttribute("aria-selected") === "true")
        .map(name),
    focused: () => name(document.activeElement as HTMLElement),
    type: async (text: string) => {
      const input = find(".find input") as HTMLInputElement;
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
    },
  };
}

export async function press(key: string, init: KeyboardEventInit = {}, target = document.activeElement) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  target?.dispatchEvent(event);
  await settle();
  return event;
}

export async function click(element: Element) {
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  await settle();
}
