// The beginning of a report as a picture. Usage: NODE_PATH=… node picture.cjs REPORT PICTURE
"use strict";
const path = require("path");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");
const flags = require("./flags.cjs");

(async () => {
  const [report, picture] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true, args: flags });
  const page = await browser.newPage({ viewport: { width: 1100, height: 1950 }, colorScheme: "light" });
  await page.goto(pathToFileURL(path.resolve(report)).href);
  await page.screenshot({ path: picture });
  await browser.close();
})();
