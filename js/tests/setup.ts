/** happy-dom lays nothing out: every scroller is told to be 600 px high, 25 rows. */
import { afterEach } from "vitest";

Object.defineProperties(HTMLElement.prototype, {
  clientHeight: { get: () => 600, configurable: true },
  clientWidth: { get: () => 800, configurable: true },
});

afterEach(() => {
  document.body.replaceChildren();
});
