/** Icons as inline paths: 16 px, 1.4 px stroke, currentColor. No <symbol>: ids would clash between widgets. */
import { EVIDENCE, type Glyph } from "../glyphs";

const PATHS = {
  chevron: "M6 4l4 4-4 4",
  up: "M4.5 9.5L8 6l3.5 3.5",
  down: "M4.5 6.5L8 10l3.5-3.5",
  search: "M11.2 7a4.2 4.2 0 1 1-8.4 0a4.2 4.2 0 0 1 8.4 0M10.2 10.2L13.5 13.5",
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  minus: "M4 8h8",
  warn: "M8 2.5L14 13H2zM8 6.5v3M8 11.4v.1",
  copy: "M5.5 6.5a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1zM3.5 10.5h-1v-8h8v1",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  save: "M8 2.5v7M5 7l3 3 3-3M2.5 11.5v2h11v-2",
  more: "M3.4 8h.1M8 8h.1M12.5 8h.1",
  cols: "M2.5 3.5h11v9h-11zM6.2 3.5v9M9.8 3.5v9",
  csv: "M3.5 2.5h6l3 3v8h-9zM9.5 2.5v3h3M5.5 8.5h5M5.5 11h5",
  plus: "M4 8h8M8 4v8",
  fit: "M2.5 6v-3.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  turn: "M3.4 1.5v9M1.2 8.3L3.4 10.5l2.2-2.2M7.4 11.5h6M11.4 9.3l2.2 2.2-2.2 2.2",
  left: "M9.5 4.5L6 8l3.5 3.5",
  right: "M6.5 4.5L10 8l-3.5 3.5",
  play: "M5.5 3.8l6.5 4.2-6.5 4.2z",
  ring: "M10.4 8a2.4 2.4 0 1 1-4.8 0a2.4 2.4 0 0 1 4.8 0",
  stored: "M3.5 4.5c0-2 9-2 9 0v7c0 2-9 2-9 0zM3.5 4.5c0 2 9 2 9 0",
  sort: "M5 3v10M2.8 10.8L5 13l2.2-2.2M11 13V3M8.8 5.2L11 3l2.2 2.2",
  swap: "M2.5 5.5h10M9.7 2.7l2.8 2.8-2.8 2.8M13.5 10.5h-10M6.3 7.7l-2.8 2.8 2.8 2.8",
  hue: "M8 2.2c2.6 3 4 5 4 7a4 4 0 0 1-8 0c0-2 1.4-4 4-7zM8 13.2V2.2",
} as const;

export type IconName = keyof typeof PATHS;

/** Whether numbers agree; the word is for those who do not see the icon. */
export const VERDICTS = {
  ok: { icon: "check", word: "Numbers agree: " },
  bad: { icon: "cross", word: "Numbers differ: " },
  none: { icon: "minus", word: "" },
} as const;

export function Icon({ name, kind }: { name: IconName; kind?: string }) {
  return (
    <svg class={kind ? `i ${kind}` : "i"} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function GlyphIcon({ glyph, hue }: { glyph: Glyph; hue?: string }) {
  return (
    <svg class="ev" viewBox="0 0 10 10" aria-hidden="true" style={hue && { color: hue }}>
      <path d={glyph.line} fill="none" />
      {glyph.fill && <path d={glyph.fill} stroke="none" />}
    </svg>
  );
}

export function EvidenceGlyph({ kind }: { kind: string }) {
  return EVIDENCE[kind] ? <GlyphIcon glyph={EVIDENCE[kind]} /> : null;
}
