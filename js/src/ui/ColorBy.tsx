/** Colour by kind, evidence, error, parameters or operator: the choice, its legend, and the mark beside a name. */
import type { Colours } from "../colours";
import { plural } from "../format";
import { type ColorBy as Choice, COLOURS } from "../store";
import { GlyphIcon, Icon } from "./Icons";
import { Popover } from "./Popover";
import { quiet, type View } from "./view";

const WORDS: Record<Choice, string> = {
  none: "nothing",
  kind: "kind of module",
  evidence: "evidence",
  error: "error",
  parameters: "parameters",
  operator: "operator",
};

export function ColorBy({ view }: { view: View }) {
  const { colorBy, colours, setColorBy } = view.store;
  return (
    <Popover
      view={view}
      name="colours"
      label={`Colour by ${WORDS[colorBy.value]}`}
      button={<Icon name="hue" />}
      pressed={colorBy.value !== "none"}
    >
      <fieldset class="pick">
        <legend>Colour by</legend>
        {COLOURS.map((name) => (
          <label key={name}>
            <input
              type="radio"
              name={`${view.id}-colour`}
              checked={name === colorBy.value}
              onChange={() => setColorBy(name)}
              {...quiet}
            />
            {WORDS[name]}
          </label>
        ))}
      </fieldset>
      {colours.value && <LegendList colours={colours.value} />}
    </Popover>
  );
}

function LegendList({ colours: { legend, counted } }: { colours: Colours }) {
  const used = legend.filter(({ count }) => count > 0);
  if (used.length === 0) return <p class="q">Nothing has a colour.</p>;
  return (
    <ul class="legend">
      {used.map(({ label, count, hue, glyph }) => (
        <li key={label}>
          <GlyphIcon glyph={glyph} hue={hue} />
          <bdi>{label}</bdi>
          <span class="q">{plural(count, counted)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The mark of a row or operator; what has no colour keeps the place free, so that names stay in line. */
export function Swatch({ colours: { legend }, at }: { colours: Colours; at: number }) {
  if (at < 0) return <span class="sw" />;
  const { label, hue, glyph } = legend[at];
  return (
    <span class="sw" title={label}>
      <GlyphIcon glyph={glyph} hue={hue} />
    </span>
  );
}
