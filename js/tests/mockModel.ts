/** A model as anywidget gives it: traits, events, and a comm that the test answers. */
import type { AnyModel } from "@anywidget/types";
import type { Traits } from "../src/sync";

type Callback = (...args: unknown[]) => void;

export interface Sent {
  kind: string;
  id: number;
  index: number;
  row: number;
  nodes: number[];
}

const DEFAULTS: Omit<Traits, "payload"> = {
  selected: null,
  query: "",
  color_by: "none",
  columns: ["nodes", "parameters", "bytes", "error"],
  sort: "",
  tab: "nodes",
  depth: null,
};

export function mockModel(payload: unknown, given: Partial<Traits> = {}) {
  const traits: Traits = { ...DEFAULTS, ...given, payload };
  const listeners: [name: string, callback: Callback][] = [];
  const sent: Sent[] = [];
  let saves = 0;
  const fire = (name: string, ...args: unknown[]) => {
    for (const [to, callback] of [...listeners]) if (to === name) callback(...args);
  };
  const model = {
    get: (name: keyof Traits) => traits[name],
    set(name: keyof Traits, value: never) {
      if (traits[name] === value) return;
      traits[name] = value;
      fire(`change:${name}`);
    },
    save_changes: () => saves++,
    send: (content: Sent) => sent.push(content),
    on: (name: string, callback: Callback) => listeners.push([name, callback]),
    off(name: string, callback: Callback) {
      const at = listeners.findIndex(([to, other]) => to === name && other === callback);
      if (at >= 0) listeners.splice(at, 1);
    },
  };
  return {
    model: model as unknown as AnyModel<Traits>,
    sent,
    fire,
    listeners: () => listeners.length,
    saves: () => saves,
  };
}
