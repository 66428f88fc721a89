import { expect, it } from "vitest";

const sources = import.meta.glob<string>("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

/** What would let a model's text become markup or code, or let the widget reach the network. */
const FORBIDDEN =
  /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bfetch\(|XMLHttpRequest|WebSocket|import\(|https?:\/\//i;

it("has sources to look at", () => {
  expect(Object.keys(sources).length).toBeGreaterThan(20);
});

it.each(Object.entries(sources))("%s draws text as text and stays in the page", (_, source) => {
  expect(source).not.toMatch(FORBIDDEN);
});
