// The page of a report in a real browser: silent, alone, accessible, and useful with and without its
// script. Prints one line a check; ends with 1 when one fails.
//   node report_page.mjs REPORT.html…
// Needs puppeteer-core and axe-core in a node_modules above the working directory, and CHROMIUM.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "here.js"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

let failed = 0;
const check = (name, good, detail = "") => {
  failed += !good;
  console.log(`${good ? "ok  " : "FAIL"} ${name}${good ? "" : `: ${JSON.stringify(detail)}`}`);
};

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});

const open = async (file, { script = true, scheme = "light", width = 1280 } = {}) => {
  const page = await browser.newPage();
  page.told = [];
  page.asked = [];
  page.on("console", (message) => page.told.push(message.text()));
  page.on("pageerror", (error) => page.told.push(String(error)));
  page.on("request", (request) => page.asked.push(request.url()));
  await page.setJavaScriptEnabled(script);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(pathToFileURL(path.resolve(file)).href);
  return page;
};

for (const file of process.argv.slice(2)) {
  const name = path.basename(path.dirname(path.resolve(file)));
  console.log(`# ${name}: ${statSync(file).size} bytes`);

  const plain = await open(file, { script: false });
  const shown = await plain.evaluate(() => ({
    verdict: document.querySelector(".verdict").innerText.length,
    cards: document.querySelectorAll(".cards > div").length,
    buttons: document.querySelectorAll("button, input").length,
  })).catch(() => null);
  // Without scripts in the page the driver may not look either; the text of the file can.
  const text = readFileSync(file, "utf8");
  check("without script: verdict and five numbers", shown ? shown.verdict > 10 && shown.cards === 5 && shown.buttons === 0
    : /class="verdict/.test(text), shown);
  check("without script: no message", plain.told.length === 0, plain.told);
  await plain.close();

  const page = await open(file);
  check("no message", page.told.length === 0, page.told);
  check("no request but the page", page.asked.length === 1, page.asked);

  const place = await page.evaluate(() => [...document.querySelectorAll("main table")].findIndex((table) =>
    table.tBodies[0].rows.length > 1 && !table.closest("details") && table.querySelector("thead .number")));
  if (place >= 0) {
    const values = () => page.evaluate((place) => {
      const table = document.querySelectorAll("main table")[place];
      const column = [...table.tHead.rows[0].cells].findIndex((head) => head.classList.contains("number"));
      return [table.tHead.rows[0].cells[column].getAttribute("aria-sort"),
        [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[column].textContent.replace(/,/g, "")))];
    }, place);
    const button = await page.evaluateHandle((place) =>
      document.querySelectorAll("main table")[place].querySelector("thead .number button"), place);
    for (const way of [-1, 1]) {
      await button.asElement().focus();
      await page.keyboard.press("Enter");
      const [said, found] = await values();
      const known = found.filter((value) => !isNaN(value));
      const right = known.every((value, at) => at === 0 || way * (value - known[at - 1]) >= 0);
      check(`sorts ${said} by keyboard`, right && said === (way < 0 ? "descending" : "ascending"), known.slice(0, 9));
    }
  }

  const filters = await page.$$("main input[type=search]");
  let filter = null;
  for (const one of filters) filter ||= (await one.isVisible()) ? one : null;
  if (filter) {
    await filter.type("zzzz");
    const left = await filter.evaluate((input) =>
      [...input.closest("p").nextElementSibling.querySelectorAll("tbody tr")].filter((row) => row.offsetParent).length);
    check("filters rows", left === 0, left);
    await filter.evaluate((input) => { input.value = ""; input.dispatchEvent(new Event("input")); });
  }

  if (await page.$("#zoom-from")) {
    const zoomed = await page.evaluate(() => {
      const from = document.querySelector("#zoom-from");
      const to = document.querySelector("#zoom-to");
      from.value = 250;
      from.dispatchEvent(new Event("input"));
      to.value = 500;
      to.dispatchEvent(new Event("input"));
      const groups = [...document.querySelectorAll("svg[data-time] g[transform]")];
      const labels = [...document.querySelector("svg[data-time]").querySelectorAll("g text.soft")].map((text) => text.textContent);
      return { groups: groups.length, charts: document.querySelectorAll("svg[data-time]").length, labels,
        scaled: groups.every((group) => group.getAttribute("transform").includes("scale(4")), said: from.getAttribute("aria-valuetext") };
    });
    check("zooms every chart over time", zoomed.groups === zoomed.charts && zoomed.scaled && zoomed.labels.length > 1 && zoomed.said, zoomed);
    await page.click("#zoom-reset");
    await new Promise((done) => setTimeout(done, 50));
    const whole = await page.$$eval("svg[data-time] g[transform]", (groups) => groups.every((group) => group.getAttribute("transform").endsWith("scale(1 1)")));
    check("shows the whole run again", whole);
  }

  const box = await page.$(".picks input");
  if (box) {
    const gone = await page.evaluate(() => {
      const box = document.querySelector(".picks input");
      const rows = () => [...document.querySelectorAll("main tbody tr")].filter((row) => getComputedStyle(row).display !== "none").length;
      const before = rows();
      box.click();
      const after = rows();
      box.click();
      return [before, after, rows()];
    });
    check("picks subscriptions", gone[1] < gone[0] && gone[2] === gone[0], gone);
  }

  const bar = await page.$("#outcomes svg rect.passed, #outcomes svg rect.throttled");
  if (bar) {
    await bar.scrollIntoView();
    await bar.hover();
    const tip = await page.$eval(".tip", (tip) => (tip.hidden ? "" : tip.textContent));
    check("tells of what the pointer is over", tip.length > 3, tip);
  }

  await page.evaluate(() => { document.activeElement?.blur(); window.scrollTo(0, 0); });
  const order = [];
  const wanted = await page.$$eval("a[href], button, input, summary, [tabindex='0']", (all) => all.filter((one) => one.checkVisibility({ visibilityProperty: true })).length);
  await page.evaluate(() => { document.body.tabIndex = -1; document.body.focus(); });
  for (let press = 0; press < Math.min(wanted + 2, 400); press++) {
    await page.keyboard.press("Tab");
    order.push(await page.evaluate(() => {
      const at = document.activeElement;
      if (!at.dataset.seen) at.dataset.seen = document.querySelectorAll("[data-seen]").length + 1;
      return `${at.localName}.${at.className}`;
    }));
  }
  const reached = await page.$$eval("[data-seen]", (all) => all.length);
  check("skip link is first", order[0] === "a.skip", order[0]);
  check("every control is reached by keyboard", reached >= Math.min(wanted, 398), [reached, wanted]);
  check("still no message", page.told.length === 0, page.told);
  await page.close();

  for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 380]]) {
    const seen = await open(file, { scheme, width });
    await seen.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
    const session = await seen.createCDPSession();
    await session.send("Page.setBypassCSP", { enabled: true });
    await seen.reload();
    await seen.evaluate(axe);
    const found = await seen.evaluate(async () => {
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => [id, nodes.length, nodes[0].html.slice(0, 160)]);
    });
    check(`axe, ${scheme}, ${width} wide`, found.length === 0, found);
    const wide = await seen.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(`no sideways scrolling, ${width} wide`, wide <= 0, wide);
    await seen.close();
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
