/** A source page as the index holds it, in a dialog, with the cited section marked. */
import { byId, element } from "./dom.js";
import { refusal } from "./stream.js";

const SEPARATOR = " › ";

export async function openPage(citation) {
  const dialog = byId("page");
  const body = dialog.querySelector(".page");
  byId("page-title").textContent = citation.title;
  byId("page-category").textContent = "";
  body.replaceChildren(element("p", { text: "문서를 여는 중입니다…" }));
  dialog.showModal();
  const response = await fetch(citation.href).catch(() => null);
  if (!response?.ok) {
    const message = response ? await refusal(response) : "서버에 연결할 수 없습니다.";
    body.replaceChildren(element("p", { className: "problem", text: message }));
    return;
  }
  const page = await response.json();
  byId("page-category").textContent = page.category.join(SEPARATOR);
  byId("page-title").textContent = page.title;
  const reading = element("a", { href: `/reading.html#${page.id}`, target: "_blank", rel: "noopener", text: "이 문서를 어떻게 읽었는지 보기" });
  const sections = page.sections.map((section) => sectionOf(section, citation));
  body.replaceChildren(...sections, filesOf(page), element("p", { className: "crumb" }, reading));
  const cited = body.querySelector("mark") ?? body.querySelector(".cited");
  cited?.scrollIntoView({ block: "center" });
}

function sectionOf(section, citation) {
  const cited = section.path.join(SEPARATOR) === citation.path.join(SEPARATOR);
  const made = element("section", { className: cited ? "cited" : undefined });
  if (section.path.length) {
    const level = Math.min(section.path.length + 2, 6);
    made.append(element(`h${level}`, { text: section.path.at(-1) }));
  }
  for (const block of section.blocks) made.append(block.grid ? tableOf(block) : textOf(block, citation.quote));
  return made;
}

function textOf(block, quote) {
  const indent = block.kind === "list_item" ? ` item level-${Math.min(block.level, 3)}` : "";
  const made = element("p", { className: block.kind + indent });
  const place = quote ? block.text.indexOf(quote) : -1;
  if (place < 0) made.textContent = block.text;
  else made.append(block.text.slice(0, place), element("mark", { text: quote }), block.text.slice(place + quote.length));
  return made;
}

export function tableOf(table) {
  const made = element("table");
  if (table.caption || table.unit) {
    const unit = table.unit ? ` (단위: ${table.unit})` : "";
    made.append(element("caption", { text: table.caption + unit }));
  }
  table.grid.forEach((row, number) => {
    const cells = row.map((text, column) => {
      const heads = number < table.header_rows ? "col" : column < table.header_columns ? "row" : null;
      return element(heads ? "th" : "td", { text, scope: heads ?? undefined });
    });
    made.append(element("tr", {}, ...cells));
  });
  const framed = element("div", { className: "scrolls", tabindex: "0" }, made);
  for (const note of table.footnotes) framed.append(element("p", { className: "footnote", text: note }));
  return framed;
}

function filesOf(page) {
  const files = [...page.attachments, ...page.images];
  if (!files.length) return "";
  const seen = new Map(files.map((file) => [file.href, file]));
  const items = [...seen.values()].map((file) => element("li", {}, fileLink(file)));
  return element("section", {}, element("h3", { text: "첨부 파일과 그림" }), element("ul", { className: "files" }, ...items));
}

export function fileLink(file) {
  const kind = decodeURIComponent(file.uri.split("/").at(-1)).split(".").at(-1).slice(0, 5).toUpperCase();
  const link = element("a", { href: file.href, target: "_blank", rel: "noopener" });
  link.append(element("span", { className: "kind", text: kind }), file.name);
  return link;
}
