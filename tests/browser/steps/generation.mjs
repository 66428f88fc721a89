// A model that generates: one tree below the other, each alive, below a line that says what the files found together.
import assert from "node:assert/strict";
import { accessible } from "../axe.mjs";
import { openNotebook, runAll, shutDown, untilKernelSays } from "../notebook.mjs";
import { row, views } from "../tree.mjs";

export async function generation({ page, report }) {
  await openNotebook(page, "generation");
  await runAll(page);
  const trees = views(page);

  await report.check(page, "a tree for each part, under its name", async () => {
    await row(trees.nth(1), "transformer").waitFor({ timeout: 90_000 });
    assert.equal(await trees.count(), 2);
    assert.deepEqual(await page.locator(".widget-vbox h3").allTextContents(), ["prefill", "decode"]);
    const line = await page.locator(".widget-vbox p").first().textContent();
    assert.match(
      line,
      /^GPT2LMHeadModel as prefill\.onnx, decode\.onnx\. generate\(\) with these files: 8 tokens equal/,
    );
    for (const tree of await trees.all()) assert.ok((await tree.boundingBox()).height > 200);
    await report.picture(page, "generation");
    await accessible(page, ".widget-vbox");
  });

  await report.check(page, "each is the tree of its own report", async () => {
    await row(trees.nth(1), "transformer").click();
    await untilKernelSays(
      page,
      "print(g['decode'].widget.selected, g['prefill'].widget.selected, end='')",
      "transformer None",
    );
  });
  await shutDown(page);
}
