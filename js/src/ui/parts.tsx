/** Small parts that several places use. Text of a model is always a text child, isolated in <bdi>. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./Icons";
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
  return (
    <button type="button" class="btn" aria-label={copied ? "Copied" : label} title={label} onClick={copy} {...quiet}>
      <Icon name={copied ? "check" : "copy"} />
    </button>
  );
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
