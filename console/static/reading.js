/** `/reading.html#d_…`: what was understood of one page, and what was left out of it and why. */
import { byId, element } from "./dom.js";
import { fileLink, tableOf } from "./page.js";
import { refusal } from "./stream.js";

const SEPARATOR = " › ";
const KINDS = { definition: "정의", code: "코드", list_item: "목록" };
const REASONS = {
  hidden: "숨긴 부분", navigation: "이동 메뉴", menu: "링크 위주의 메뉴", path: "현재 위치 표시", footer: "바닥글",
  "page frame": "머리글·바닥글·곁글", "outside of the main part": "본문 밖", "form control": "입력 양식",
  script: "스크립트", style: "서식", svg: "그림 도형", template: "틀",
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
  fill("files", [["종류", "이름", "형식", "나온 곳"], ...files(page)]);
  fill("left-out", [["요소", "이유", "글자 수", "첫머리"], ...page.left_out.map(leftOut)]);
  byId("reading").hidden = false;
}

function facts(page) {
  const shown = {
    원본: page.source, 언어: page.language || "알 수 없음", 문자셋: page.charset, "볼 수 있는 사람": page.labels.join(", "),
    "유효 기간": page.valid_from || page.valid_until ? `${page.valid_from} ~ ${page.valid_until}` : "제한 없음",
    링크: `${page.links.length}개`,
  };
  return Object.entries(shown).flatMap(([name, text]) => [element("dt", { text: name }), element("dd", { text })]);
}

const holdsAnything = (section) => section.path.length || section.blocks.length;

function sectionOf(section) {
  const path = section.path.join(SEPARATOR) || "(첫 제목 앞)";
  const blocks = section.blocks.map((block) => (block.grid ? tableBlock(block) : textBlock(block)));
  return element("section", {}, element("h2", { text: path }), ...blocks);
}

function textBlock(block) {
  const indent = block.kind === "list_item" ? ` item level-${Math.min(block.level, 3)}` : "";
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
    element("p", { className: "crumb", text: block.heading }), element("ul", {}, ...sentences)));
  return made;
}

function files(page) {
  const rows = [["첨부", page.attachments], ["그림", page.images]];
  return rows.flatMap(([kind, list]) => list.map((file) => [kind, file.href ? fileLink(file) : file.name, file.media_type, place(page, file)]));
}

const place = (page, file) => page.sections[file.section]?.path.join(SEPARATOR) || page.title;

function leftOut(part) {
  const text = part.text.length > BEGINNING ? `${part.text.slice(0, BEGINNING)}…` : part.text;
  const count = part.times > 1 ? `${part.times}곳` : part.text.length.toLocaleString();
  return [part.element, REASONS[part.reason] ?? part.reason, count, text];
}

function fill(id, [head, ...rows]) {
  byId(id).hidden = !rows.length;
  const titles = head.map((text) => element("th", { text, scope: "col" }));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))));
  byId(id).querySelector("div").replaceChildren(element("table", {}, element("tr", {}, ...titles), ...body));
}

addEventListener("hashchange", () => location.reload());
start();
