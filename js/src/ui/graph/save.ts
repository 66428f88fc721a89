/** Saves the drawing as a picture, in the colours that it has on the page. */
import { sizeOf } from "../../graph/marks";
import { graphSvg } from "../../graph/svg";
import { download, fileName } from "../download";
import type { View } from "../view";
import type { GraphState } from "./state";

/** Browsers draw no larger pictures. */
const LARGEST = 8000;

export async function save(view: View, { scene }: GraphState, canvas: Element, as: "svg" | "png"): Promise<void> {
  const now = scene.peek();
  const { tree, row } = now.model;
  const name = [tree.title, tree.key[row]].filter((part) => part !== "").join("-");
  const file = `${fileName(name, "graph")}.${as}`;
  const drawing = canvas.querySelector("svg.g > g") as Element;
  const size = sizeOf(now, view.store.colours.peek());
  const svg = new Blob([graphSvg(drawing, canvas, size, name)], { type: "image/svg+xml" });
  const image = as === "svg" ? svg : await pngOf(svg).catch(() => null);
  view.said.value = image ? `Saved as ${file}` : "This browser cannot draw the picture. Save it as SVG.";
  if (image) download(image, file);
}

async function pngOf(svg: Blob): Promise<Blob | null> {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(image.src);
  }
  const scale = Math.min(2, LARGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done));
}
