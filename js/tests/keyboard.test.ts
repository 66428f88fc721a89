import { describe, expect, it } from "vitest";
import { createTypeAhead, moved, typeAhead } from "../src/keyboard";

describe("moved", () => {
  it.each([
    ["ArrowDown", 4, 5],
    ["ArrowUp", 4, 3],
    ["ArrowUp", 0, 0],
    ["ArrowDown", 99, 99],
    ["Home", 50, 0],
    ["End", 50, 99],
    ["PageDown", 50, 74],
    ["PageDown", 90, 99],
    ["PageUp", 50, 26],
    ["x", 50, null],
  ])("%s from %d leads to %s", (key, from, to) => {
    expect(moved(key, from, 100, 24)).toBe(to);
  });
});

describe("type-ahead", () => {
  const names = ["encoder", "layer.0", "layer.1", "Linear", "pooler"];
  const go = (at: number, text: string) => typeAhead((place) => names[place], names.length, at, text);

  it("goes to the next name that begins so, round and round", () => {
    expect(go(0, "l")).toBe(1);
    expect(go(1, "l")).toBe(2);
    expect(go(3, "l")).toBe(1);
    expect(go(0, "li")).toBe(3);
    expect(go(1, "layer.1")).toBe(2);
    expect(go(2, "layer.1")).toBe(2);
    expect(go(0, "x")).toBeNull();
  });

  it("forgets after half a second", () => {
    let now = 0;
    const typed = createTypeAhead(() => now);
    expect(typed.running()).toBe(false);
    expect(typed.push("l")).toBe("l");
    now = 400;
    expect(typed.push("a")).toBe("la");
    expect(typed.running()).toBe(true);
    now = 901;
    expect(typed.push("p")).toBe("p");
  });
});
