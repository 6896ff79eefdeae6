// Opens reports in Chromium over file: and looks at them as a reader, a screen reader and an auditor would.
// Usage: NODE_PATH=… node check.cjs OUT NAME=FOLDER… ; each FOLDER has report.html and run.json.
// Prints what is wrong, one finding a line; leaves screenshots in OUT.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");
const FLAGS = require("./flags.cjs");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// A4 less its margins, in CSS pixels.
const VIEWS = [
  { name: "1280", width: 1280, scheme: "light", media: "screen", open: false },
  { name: "1280-dark", width: 1280, scheme: "dark", media: "screen", open: true },
  { name: "390", width: 390, scheme: "dark", media: "screen", open: false },
  { name: "390-light", width: 390, scheme: "light", media: "screen", open: true },
  { name: "print", width: 688, scheme: "dark", media: "print", open: false },
];

// Every number that says where it comes from is what stands there.
function numbers(run) {
  const at = (pointer) => pointer.split("/").slice(1).reduce((value, key) => value?.[key], run);
  const text = (element) => element.textContent.trim();
  // What the page leaves out of a hostile text; nothing of it is in a name of ours.
  const plain_text = (said) => said.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069`]/g, "");
  const same_text = (given, said) => (given.endsWith("…") ? said.startsWith(given.slice(0, -1)) : given === said);
  const wrong = [];
  let seen = 0;
  for (const element of document.querySelectorAll("[data-measure]")) {
    seen += 1;
    const said = run.measures[element.dataset.measure]?.text;
    if (text(element) !== said) wrong.push(`${element.dataset.measure} is ${text(element)}, run.json says ${said}`);
  }
  for (const element of document.querySelectorAll("[data-run]")) {
    seen += 1;
    const [pointer, said] = [element.dataset.run, at(element.dataset.run)];
    const given = element.getAttribute("value") ?? element.dataset.value ?? text(element);
    const same = typeof said === "string" ? same_text(given, plain_text(said).trim()) : String(said) === given;
    const letters = text(element).replaceAll(",", "");
    const plain = /^\d+$/.test(letters) && typeof said === "number" ? letters === String(said) : true;
    if (!same || !plain) wrong.push(`${pointer} is ${text(element)} (${given}), run.json says ${said}`);
  }
  // Bars carry numbers too: each one stands in the table behind it.
  for (const figure of document.querySelectorAll("figure.bars")) {
    const table = new Set([...figure.querySelectorAll("data")].map(text));
    for (const label of figure.querySelectorAll("svg text")) {
      if (/^[\d,]+$/.test(text(label)) && !table.has(text(label))) wrong.push(`a bar says ${text(label)}, its table does not`);
    }
  }
  return { seen, wrong };
}

// Headings go down one step at a time; pictures have names and tables; labels do not lie on each other.
function structure() {
  const wrong = [];
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) wrong.push(`heading ${heading.textContent} jumps from ${level} to ${next}`);
    level = next;
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("there is not one h1");
  if (document.querySelector("script, iframe, object, embed, img, link[rel=stylesheet]")) wrong.push("the page asks for more than itself");
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.querySelector("title")?.textContent || !svg.querySelector("desc")?.textContent) wrong.push("a picture without words");
    if (!svg.closest("figure")?.querySelector("table, ul, ol")) wrong.push("a picture without its numbers");
    const frame = svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll("text")].map((label) => [label.textContent.trim(), label.getBoundingClientRect()]);
    labels.forEach(([one, a], at) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) wrong.push(`"${one}" leaves its picture`);
      for (const [other, b] of labels.slice(at + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 4) wrong.push(`"${one}" and "${other}" lie on each other`);
      }
    });
    // On the map, boxes cover the lines that lead to them.
    const upright = [...svg.querySelectorAll("#over-time polyline")].map((line) => line.getBoundingClientRect()).filter((line) => line.width < 4 && line.height > 20);
    for (const [one, a] of labels) {
      if (upright.some((line) => a.left + 2 < line.left && line.right < a.right - 2 && line.top < a.bottom - 4 && line.bottom > a.top + 4)) wrong.push(`a line goes through "${one}"`);
    }
    const boxes = [...svg.querySelectorAll("rect[rx]")].map((box) => box.getBoundingClientRect());
    for (const [one, a] of labels) {
      const home = boxes.find((b) => a.left > b.left && a.top + 4 > b.top && a.left < b.right && a.bottom - 4 < b.bottom);
      if (home && a.right > home.right) wrong.push(`"${one}" is wider than its box`);
    }
  }
  for (const th of document.querySelectorAll("th")) if (!th.scope) wrong.push(`th ${th.textContent} has no scope`);
  for (const table of document.querySelectorAll("table")) if (!table.caption) wrong.push("a table without a caption");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} wide on ${innerWidth}`);
  return wrong;
}

async function look(browser, name, folder, out) {
  const found = [];
  const page_url = pathToFileURL(path.join(folder, "report.html")).href;
  const run = JSON.parse(fs.readFileSync(path.join(folder, "run.json"), "utf8"));
  for (const view of VIEWS) {
    const context = await browser.newContext({ viewport: { width: view.width, height: 900 }, colorScheme: view.scheme });
    const page = await context.newPage();
    const say = (what) => found.push(`${name} ${view.name}: ${what}`);
    page.on("console", (message) => say(`console ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => say(`error: ${error}`));
    page.on("dialog", (dialog) => { say(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
    await context.route("**/*", (route) => {
      if (route.request().url() === page_url) return route.continue();
      say(`asks for ${route.request().url()}`);
      return route.abort();
    });
    await page.emulateMedia({ media: view.media, colorScheme: view.scheme });
    await page.goto(page_url);
    await page.screenshot({ path: path.join(out, `${name}-${view.name}.png`), fullPage: true });
    if (view.open) await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
    (await page.evaluate(structure)).forEach(say);
    // What it finds goes by colours and by what is open, not by width: the closed page in the dark has nothing of its own.
    if (view.media === "screen" && view.name !== "390") {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      for (const v of violations) say(`axe ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")}`);
    }
    if (view.name === "1280") {
      const { seen, wrong } = await page.evaluate(numbers, run);
      wrong.forEach(say);
      if (seen < 50) say(`only ${seen} numbers say where they come from`);
    }
    if (view.media === "print") await page.pdf({ path: path.join(out, `${name}.pdf`), format: "A4", preferCSSPageSize: true, printBackground: false });
    await context.close();
  }
  return found;
}

(async () => {
  const [out, ...reports] = process.argv.slice(2);
  fs.mkdirSync(out, { recursive: true });
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "report-browser-"));
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  // A fresh profile each time: playwright makes one of its own in TMPDIR and removes it.
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS, env: { ...process.env, TMPDIR: profile } });
  const found = [];
  const waiting = [...reports];
  const next = async () => {
    while (waiting.length) {
      const [name, folder] = waiting.shift().split("=");
      found.push(...await look(browser, name, folder, out));
    }
  };
  await Promise.all([next(), next()]);
  await browser.close();
  fs.rmSync(profile, { recursive: true, force: true });
  found.forEach((line) => console.log(line));
  process.exitCode = found.length ? 1 : 0;
})();
