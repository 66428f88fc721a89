/** The drawing as an SVG file of its own: a copy of what the page shows, with the page's styles written into it. */
import type { Size } from "./camera";

/** What only serves the mouse and the keyboard, and how things look while they do. */
const AIDS = ".near, .grip, .ring, .ln, .cr rect";
const STATES = ["sel", "linked", "hot", "hit"];
const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "paint-order",
  "font-family",
  "font-size",
  "text-anchor",
  "white-space",
];
const MARGIN = 12;

/** `drawing` is the group that holds all shapes, in a page; `beside` stands where its styles hold. */
export function graphSvg(drawing: Element, beside: Element, { width, height }: Size, title: string): string {
  const file = document.createElementNS(drawing.namespaceURI, "svg") as SVGSVGElement;
  file.setAttribute("class", "g");
  file.append(drawing.cloneNode(true));
  file.firstElementChild?.removeAttribute("transform");
  // Styles are known of what is in a page only.
  beside.append(file);
  for (const part of file.querySelectorAll("*")) part.classList.remove(...STATES);
  const names = new Map<string, string>();
  const styled = [...file.querySelectorAll("path, rect, text")].map((part) => {
    const style = styleOf(part);
    const name = names.get(style) ?? `s${names.size}`;
    names.set(style, name);
    return [part, name] as const;
  });
  for (const aid of file.querySelectorAll(AIDS)) aid.remove();
  for (const part of file.querySelectorAll("*")) {
    for (const { name } of [...part.attributes]) {
      if (/^(class|style|role|tabindex|aria-.*|data-.*)$/.test(name)) part.removeAttribute(name);
    }
  }
  for (const [part, name] of styled) part.setAttribute("class", name);
  const paper = styled.length > 0 ? plain(getComputedStyle(beside).backgroundColor) : "none";
  file.remove();
  const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN];
  for (const [name, value] of Object.entries({ width: w, height: h, viewBox: `${-MARGIN} ${-MARGIN} ${w} ${h}` })) {
    file.setAttribute(name, String(value));
  }
  file.removeAttribute("class");
  const add = (name: string, text: string, attributes: Record<string, string>) => {
    const part = document.createElementNS(drawing.namespaceURI, name);
    part.textContent = text;
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    file.prepend(part);
  };
  add("rect", "", { x: `${-MARGIN}`, y: `${-MARGIN}`, width: `${w}`, height: `${h}`, fill: paper });
  add("style", [...names].map(([style, name]) => `.${name}{${style}}`).join(""), {});
  add("title", title, {});
  return new XMLSerializer().serializeToString(file);
}

function styleOf(part: Element): string {
  const computed = getComputedStyle(part);
  return STYLES.map((name) => `${name}:${plain(computed.getPropertyValue(name))}`).join(";");
}

/** Colours as plain numbers: other programs know no mixtures. */
const plain = (style: string) =>
  style.replace(
    /color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)[^)]*\)/g,
    (_, ...rgb) => `rgb(${rgb.slice(0, 3).map((part) => Math.round(255 * Number(part)))})`,
  );
