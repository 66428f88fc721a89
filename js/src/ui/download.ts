/** Hands a file to the browser's downloads. */
export function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** What a model calls itself, as part of a file's name. */
export const fileName = (name: string, otherwise: string) =>
  name.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 120) || otherwise;
