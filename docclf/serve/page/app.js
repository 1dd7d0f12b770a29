"use strict";
// The page: it asks this service only, writes text as text, and keeps nothing but the token of this tab.
const $ = (id) => document.getElementById(id);
const made = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text ?? "" }, more);
const pictures = new Map(); // id of an image to the address of its picture in this page
let language = "en", current = null, after = "", polling = null;

const t = (key, ...values) => TEXTS[language][key].replace(/\{(\d)\}/g, (_, n) => values[n]);
const number = (value, digits = 3) => value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (value) => value.toLocaleString(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 });
const say = (text, bad = false) => { $("message").textContent = text; $("message").classList.toggle("bad", bad); };

async function ask(path, method = "GET", fields = null) {
  const headers = {}, token = sessionStorage.getItem("token");
  if (token) headers.authorization = `Bearer ${token}`;
  let body;
  if (fields) { body = new FormData(); for (const [name, value] of Object.entries(fields)) body.append(name, value); }
  let answer;
  try { answer = await fetch(`/api/${path}`, { method, headers, body }); } catch { throw new Error(t("offline")); }
  if (answer.headers.get("content-type") === "image/jpeg") return answer.ok ? answer.blob() : null;
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail);
  return found;
}

async function told(work) { // runs what a person asked for, and tells what went wrong
  try { await work(); } catch (error) { say(error.message, true); }
}

async function picture(id, name, image) { // fetched with the token, which an address in the page cannot carry
  try {
    if (!pictures.has(id)) pictures.set(id, URL.createObjectURL(await ask(`images/${id}`)));
    image.src = pictures.get(id);
    image.alt = t("registeredImage", name);
  } catch { image.alt = t("noPicture"); image.removeAttribute("src"); }
  return image;
}

function speak(chosen) {
  language = chosen in TEXTS ? chosen : "en";
  document.documentElement.lang = { en: "en", zh: "zh-Hant", de: "de" }[language];
  $("language").value = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  if (current) show(current.found);
  told(list); told(standing);
}

async function match(file) {
  if (!file) return;
  say(t("working"));
  const found = await ask("match", "POST", { image: file, top: 5, verify: "true" });
  if (current) URL.revokeObjectURL(current.address);
  current = { file, found, address: URL.createObjectURL(file) };
  say("");
  $("findings").replaceChildren();
  show(found);
  $("verdict").focus();
}

function fact(name, value) { $("facts").append(made("dt", name), made("dd", value)); }

function show(found) {
  $("answer").hidden = false;
  $("sent").src = current.address; $("sent").alt = t("yourImage");
  $("verdict").textContent = t(found.state, found.label ?? found.best);
  $("verdict").className = found.state;
  const verified = found.verified ?? {}, best = found.top[0];
  $("facts").replaceChildren();
  $("crop-figure").hidden = !verified.crop;
  if (verified.crop) { $("crop").src = verified.crop; $("crop").alt = t("straightened"); }
  $("match-figure").hidden = !best;
  $("runners").replaceChildren();
  if (!best) return;
  const beside = verified.crop ? { label: verified.label, image: verified.image } : best;
  $("registered-name").textContent = t("registeredImage", beside.label);
  picture(beside.image, beside.label, $("registered"));
  fact(t("cosine"), number(found.cosine));
  fact(t("threshold"), `${number(found.threshold.cosine)} (${found.threshold.evidence})`);
  const chance = found.probability, sure = verified.score === undefined ? "" : percent(verified.score);
  fact(t("probability"), found.by === "verification" ? sure : !chance ? t("noProbability") : chance.fresh ? percent(chance.right) : t("stale", percent(chance.right)));
  if (found.verified) {
    const text = !verified.accepted ? t("sheetNo", verified.why)
      : verified.label === found.best ? t("sheetYes", verified.why, sure) : t("otherSheet", verified.label, sure);
    fact(t("sheet"), text);
  }
  for (const row of found.top.filter((row) => row.label !== (found.label ?? found.best))) {
    const item = made("li"), image = made("img", "", { width: 48, height: 48 });
    picture(row.image, row.label, image);
    item.append(image, made("span", row.label), made("span", number(row.cosine)));
    $("runners").append(item);
  }
}

async function register(event) {
  event.preventDefault();
  const label = $("label").value.trim(), row = await ask("register", "POST", { image: current.file, label });
  $("findings").replaceChildren(...row.findings.map((text) => made("li", text)));
  say(t("registeredAs", row.label));
  $("label").value = "";
  after = ""; await list(); await standing();
}

async function list(more = false) {
  const page = await ask(`labels?limit=50&after=${encodeURIComponent(more ? after : "")}`);
  if (!more) $("rows").replaceChildren();
  $("totals").textContent = t("totals", page.total_labels, page.total_images);
  for (const { label, images } of page.labels) {
    const line = made("tr"), cell = made("td"), image = made("img", "", { width: 64, height: 64, loading: "lazy" });
    picture(images[0].image, label, image);
    cell.append(image);
    const button = made("button", t("remove"), { type: "button" });
    button.setAttribute("aria-label", t("removeOf", label));
    button.addEventListener("click", () => told(() => remove(label)));
    const last = made("td");
    last.append(button);
    line.append(cell, made("th", label, { scope: "row" }), made("td", String(images.length)), last);
    $("rows").append(line);
    after = label;
  }
  $("more").hidden = page.labels.length < 50;
  $("names").replaceChildren(...[...$("rows").querySelectorAll("th")].map((cell) => made("option", "", { value: cell.textContent })));
}

async function remove(label) {
  if (!confirm(t("sure", label))) return;
  await ask(`labels/${encodeURIComponent(label)}`, "DELETE");
  say(t("removed", label));
  await list(); await standing();
}

async function standing() {
  const found = await ask("calibrate"), alike = await ask("siblings");
  $("calibration").textContent = found.state === "none" ? "" : t(found.state, found.error ?? found.seconds);
  $("calibrate").disabled = found.state === "running";
  clearTimeout(polling);
  if (found.state === "running") polling = setTimeout(() => told(standing), 1500);
  const lines = [
    ...alike.alike.map((row) => t("alike", ...row.labels, number(row.cosine))),
    ...alike.confused.map((row) => t("confused", row.photographs_of, row.pass_as, percent(row.share))),
  ];
  $("siblings").replaceChildren(...(lines.length ? lines : [t("none")]).map((text) => made("li", text)));
  try { const cut = await ask("threshold"); $("threshold").textContent = cut.evidence; } catch (error) { $("threshold").textContent = error.message; }
}

const drop = $("drop");
for (const name of ["dragover", "dragenter"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); told(() => match(event.dataTransfer.files[0])); });
document.addEventListener("paste", (event) => { const file = event.clipboardData?.files[0]; if (file) told(() => match(file)); });
for (const id of ["file", "camera"]) $(id).addEventListener("change", (event) => told(async () => { await match(event.target.files[0]); event.target.value = ""; }));
$("register").addEventListener("submit", (event) => told(() => register(event)));
$("more").addEventListener("click", () => told(() => list(true)));
$("calibrate").addEventListener("click", () => told(async () => { await ask("calibrate", "POST", {}); await standing(); }));
$("language").addEventListener("change", (event) => { localStorage.setItem("language", event.target.value); speak(event.target.value); });
$("token-form").addEventListener("submit", (event) => { event.preventDefault(); sessionStorage.setItem("token", $("token").value.trim()); $("token").value = ""; say(t("tokenUsed")); told(list); told(standing); });

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) { sessionStorage.setItem("token", given); history.replaceState(null, "", "/"); }
speak(localStorage.getItem("language") ?? navigator.language.slice(0, 2));
