/** Icons as inline paths: 16 px, 1.4 px stroke, currentColor. No <symbol>: ids would clash between widgets. */
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
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Evidence by shape: filled is witnessed, half is derived, hollow is inferred. */
const EVIDENCE: Record<string, { line: string; hollow?: boolean; filled?: string }> = {
  trace: { line: "M8.6 5a3.6 3.6 0 1 1-7.2 0a3.6 3.6 0 0 1 7.2 0" },
  parameter: { line: "M1.8 1.8h6.4v6.4h-6.4z" },
  value: { line: "M5 .9L9.1 5 5 9.1.9 5z" },
  rewrite: {
    line: "M8.6 5a3.6 3.6 0 1 1-7.2 0a3.6 3.6 0 0 1 7.2 0",
    hollow: true,
    filled: "M5 1.4a3.6 3.6 0 000 7.2z",
  },
  dataflow: { line: "M2 1.4L8.6 5 2 8.6z", hollow: true },
  root: { line: "M8.6 5a3.6 3.6 0 1 1-7.2 0a3.6 3.6 0 0 1 7.2 0", hollow: true },
};

export function EvidenceGlyph({ kind }: { kind: string }) {
  const shape = EVIDENCE[kind];
  if (!shape) return null;
  return (
    <svg class="ev" viewBox="0 0 10 10" aria-hidden="true">
      <path d={shape.line} fill={shape.hollow ? "none" : undefined} />
      {shape.filled && <path d={shape.filled} />}
    </svg>
  );
}
