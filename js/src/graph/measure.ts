/** Widths of texts. A browser measures them; without one they are estimated. */

import { ensure } from "../known";
import { lastWhere } from "../numbers";

/** `ui` 12 px, `small` the same at 11 px, `mono` 11 px. */
type Font = "ui" | "small" | "mono";
export type Measure = (text: string, font: Font) => number;

const ESTIMATE = { ui: 6.4, small: 5.9, mono: 6.7 };

export const estimate: Measure = (text, font) => {
  let width = 0;
  for (const letter of text) width += letter > "\u2e80" ? 12 : ESTIMATE[font];
  return width;
};

/** Measures with the fonts of the page. */
export function measureWith(ui: string, mono: string): Measure {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return estimate;
  const fonts = { ui: `12px ${ui}`, small: `11px ${ui}`, mono: `11px ${mono}` };
  const known = { ui: new Map<string, number>(), small: new Map<string, number>(), mono: new Map<string, number>() };
  return (text, font) => {
    return ensure(known[font], text, () => {
      pen.font = fonts[font];
      return pen.measureText(text).width;
    });
  };
}

/** The text, with an ellipsis at its end, or with `keepEnd` at its beginning, where it is wider than `room`. */
export function clip(text: string, font: Font, room: number, measure: Measure, keepEnd = false): string {
  // Nothing that is drawn has room for more letters than this; a name may have ten thousand.
  const letters = Array.from(keepEnd ? text.slice(-400) : text.slice(0, 400), writable);
  const whole = letters.join("");
  if (text.length <= 400 && measure(whole, font) <= room) return whole;
  const part = (length: number) => {
    return keepEnd ? `…${letters.slice(letters.length - length).join("")}` : `${letters.slice(0, length).join("")}…`;
  };
  return part(lastWhere(letters.length, (length) => measure(part(length), font) <= room));
}

/** Control characters and halves of others have no place in an SVG file. */
const writable = (letter: string) => (/^[\t\n\r]$|^[^\p{Cc}\p{Cs}\ufffe\uffff]$/u.test(letter) ? letter : "\ufffd");
