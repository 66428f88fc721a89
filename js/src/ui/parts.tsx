/** Small parts that several places use. Text of a model is always a text child, isolated in <bdi>. */
import type { ComponentChildren, ComponentProps } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon, type IconName } from "./Icons";
import { quiet } from "./view";

/** A name from the model, with the searched stretch marked. */
export function Name({ text, mark }: { text: string; mark?: [number, number] | null }) {
  if (text === "") return <span class="q">""</span>;
  if (!mark) return <bdi>{text}</bdi>;
  const [from, to] = mark;
  return (
    <bdi>
      {text.slice(0, from)}
      <mark>{text.slice(from, to)}</mark>
      {text.slice(to)}
    </bdi>
  );
}

/** `f32 2×10×384`: the type quiet, the shape not. */
export function Shape({ text, quietly }: { text: string; quietly?: boolean }) {
  const gap = text.indexOf(" ");
  const [type, shape] = gap < 0 ? [text, ""] : [text.slice(0, gap), text.slice(gap)];
  return (
    <span class={quietly ? "shape q" : "shape"}>
      <i>{type}</i>
      {shape}
    </span>
  );
}

/** A button that is an icon; the label is its title too, unless that says more. */
export function IconButton({
  icon,
  label,
  title = label,
  ...rest
}: ComponentProps<"button"> & { icon: IconName; label: string; title?: string }) {
  return (
    <button type="button" class="btn" aria-label={label} title={title} {...rest} {...quiet}>
      <Icon name={icon} />
    </button>
  );
}

/** A button that reads like a link; `mono` where it shows what a model calls something. */
export function Link({ mono, ...rest }: ComponentProps<"button"> & { mono?: boolean }) {
  return <button type="button" class={mono ? "link mono" : "link"} {...rest} {...quiet} />;
}

/** A term and what is known under it. */
export function Entry({ term, children }: { term: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1200);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (event: MouseEvent) => {
    setCopied(await copyText(text, event.currentTarget as HTMLElement));
  };
  return <IconButton icon={copied ? "check" : "copy"} label={copied ? "Copied" : label} title={label} onClick={copy} />;
}

/** A page served without https has no clipboard; the old command still works there. */
export async function copyText(text: string, beside: HTMLElement): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const field = document.createElement("textarea");
  field.value = text;
  beside.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  beside.focus();
  return done;
}
