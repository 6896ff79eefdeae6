// How Chromium is started: no sandbox in a container, and nothing sent on its own account.
"use strict";
module.exports = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
