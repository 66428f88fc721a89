// Counts checks, prints one line for each, and keeps a picture of every failure.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export class Report {
  passed = 0;
  failed = 0;
  #start = performance.now();

  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  // A check may return a text that its line shows. A failure does not end the scenario.
  async check(page, what, body) {
    try {
      const detail = await body();
      this.passed += 1;
      this.#line("ok  ", detail ? `${what}: ${detail}` : what);
    } catch (error) {
      this.failed += 1;
      this.#line("FAIL", `${what}\n${error.stack ?? error}`);
      await this.picture(page, `failed-${this.failed}`).catch(() => {}); // the page may be gone
    }
  }

  // Runs a scenario; what throws outside a check (a notebook that does not open) counts as one failure.
  async scenario(name, body) {
    console.log(`\n${name}`);
    try {
      await body();
    } catch (error) {
      this.failed += 1;
      this.#line("FAIL", error.stack ?? String(error));
    }
  }

  picture(page, name) {
    return page.screenshot({ path: join(this.folder, `${name}.png`) });
  }

  #line(mark, text) {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1).padStart(6);
    console.log(`${seconds}s ${mark} ${text}`);
  }
}
