import { copyText } from "../parts";

/** Copies a text that is not there yet. A page may write to the clipboard only shortly after a press. */
export async function copyLater(text: Promise<string>, beside: HTMLElement): Promise<boolean> {
  const { clipboard } = navigator;
  try {
    // The clipboard takes the promise at once, while the press still counts, and waits for it.
    if (clipboard && typeof ClipboardItem !== "undefined") {
      const blob = text.then((known) => new Blob([known], { type: "text/plain" }));
      await clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      return true;
    }
    if (clipboard) {
      await clipboard.writeText(await text);
      return true;
    }
  } catch {
    // A browser that refuses may still know the old command.
  }
  return copyText(await text, beside);
}
