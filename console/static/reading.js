/** `/reading.html#d_…`: what was understood of one page, and what was left out of it and why. */
import { byId, element } from "./dom.js";
import { fileLink, tableOf } from "./page.js";
import { refusal } from "./stream.js";

const SEPARATOR = " › ";
const KINDS = { definition: "정의", code: "코드" };
const REASONS = {
  hidden: "숨긴 부분", navigation: "이동 메뉴", menu: "링크 위주의 메뉴", path: "현재 위치 표시", footer: "바닥글",
  "page frame": "머리글·바닥글·곁글", "outside of the main part": "본문 밖", "form control": "입력 양식",
  noscript: "스크립트를 끈 화면용", "heading mark": "제목 옆 링크 표시",
  "caption that lists the headers": "화면 낭독기용 표 설명", "more of the like": "같은 종류가 더 있음",
  script: "스크립트", style: "서식", svg: "그림 도형", template: "틀", noembed: "대체 내용", noframes: "대체 내용",
};
const BEGINNING = 120; // characters of what was left out

async function start() {
  const id = location.hash.slice(1);
  const response = /^d_[0-9a-f]{16}$/.test(id) ? await fetch(`/documents/${id}/reading`).catch(() => null) : undefined;
  byId("status").hidden = true;
  if (response === undefined) return problem("문서 번호가 없습니다. 답변의 근거 문서에서 열어 주세요.");
  if (!response?.ok) return problem(response ? await refusal(response) : "서버에 연결할 수 없습니다.");
  show(await response.json());
}

function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = false;
}

function show(page) {
  byId("crumb").textContent = page.category.join(SEPARATOR);
  byId("title").textContent = page.title;
  document.title = `${page.title} · 문서 읽기 결과`;
  byId("facts").replaceChildren(...facts(page));
  byId("warnings").replaceChildren(...page.warnings.map((text) => element("p", { className: "note warn", text })));
  byId("sections").replaceChildren(...page.sections.filter(holdsAnything).map(sectionOf));
  fill("files", [["종류", "이름", "나온 곳"], ...files(page)]);
  fill("left-out", [["이유", "첫머리", "분량", "요소"], ...page.left_out.map(leftOut)]);
  byId("reading").hidden = false;
}

function facts(page) {
  const tables = page.sections.flatMap((section) => section.blocks).filter((block) => block.grid).length;
  const shown = {
    "읽은 내용": [["구역", page.sections.filter(holdsAnything)], ["표", { length: tables }], ["첨부", page.attachments], ["그림", page.images],
      ["링크", page.links], ["뺀 부분", page.left_out]].map(([name, { length }]) => `${name} ${length}`).join(" · "),
    "볼 수 있는 사람": page.labels.map((label) => (label === "public" ? "모두" : label)).join(", "),
    "유효 기간": page.valid_from || page.valid_until ? `${page.valid_from || "처음"} ~ ${page.valid_until || "계속"}` : "제한 없음",
    "언어와 문자": `${page.language || "알 수 없음"}, ${page.charset}`, 원본: readable(page.source),
  };
  return Object.entries(shown).flatMap(([name, text]) => [element("dt", { text: name }), element("dd", { text })]);
}

function readable(uri) {
  try {
    return decodeURI(uri);
  } catch {
    return uri; // not written as UTF-8
  }
}

const holdsAnything = (section) => section.path.length || section.blocks.length;

function sectionOf(section) {
  const above = section.path.slice(0, -1).map((name) => name + SEPARATOR).join("");
  const title = element("h2", { text: section.path.at(-1) ?? "(첫 제목 앞)" });
  if (above) title.prepend(element("span", { className: "above", text: above }));
  return element("section", {}, title, ...section.blocks.map((block) => (block.grid ? tableBlock(block) : textBlock(block))));
}

function textBlock(block) {
  const numbered = /^-?\d+\. /.test(block.text) ? " numbered" : "";
  const indent = block.kind === "list_item" ? ` item level-${Math.min(block.level, 3)}${numbered}` : "";
  const made = element("p", { className: block.kind + indent, text: block.text });
  if (KINDS[block.kind]) made.prepend(element("span", { className: "kind", text: KINDS[block.kind] }), " ");
  return made;
}

/** The grid, the path of each column's headers, then the sentences that search and models read. */
function tableBlock(block) {
  const paths = block.columns.map((names) => names.join(SEPARATOR)).filter(Boolean);
  const made = element("div", {}, tableOf(block));
  if (paths.length) made.append(element("p", { className: "crumb", text: `열 제목: ${paths.join(" · ")}` }));
  const sentences = block.sentences.map((text) => element("li", { text }));
  made.append(element("details", {}, element("summary", { text: `문장으로 바꾸면 (${sentences.length})` }),
    element("p", { className: "crumb", text: block.heading }), element("ul", { className: "sentences" }, ...sentences)));
  return made;
}

function files(page) {
  const rows = [["첨부", page.attachments], ["그림", page.images]];
  return rows.flatMap(([kind, list]) => list.map((file) => [kind, file.href ? fileLink(file) : file.name, place(page, file)]));
}

const place = (page, file) => page.sections[file.section]?.path.join(SEPARATOR) || page.title;

function leftOut(part) {
  const text = part.text.length > BEGINNING ? `${part.text.slice(0, BEGINNING)}…` : part.text;
  const size = part.text ? `${part.text.length.toLocaleString()}자` : `${part.times.toLocaleString()}곳`;
  return [REASONS[part.reason] ?? part.reason, text, size, element("code", { text: part.element })];
}

function fill(id, [head, ...rows]) {
  byId(id).hidden = !rows.length;
  const titles = head.map((text) => element("th", { text, scope: "col" }));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))));
  byId(id).querySelector("div").replaceChildren(element("table", {}, element("tr", {}, ...titles), ...body));
}

addEventListener("hashchange", () => location.reload());
start();
