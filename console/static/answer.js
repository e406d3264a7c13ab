/** A finished answer: checked text, citations, attachments, versions and times. */
import { byId, element } from "./dom.js";
import { fileLink, openPage } from "./page.js";

const STAGES = {
  retrieval: "문서 검색", support: "근거 점수", prompt: "프롬프트", generation: "답변 생성",
  fallback: "문서 인용", citations: "인용 확인",
};
const VERSIONS = {
  generator: "답변 방식", preset: "모델 설정", base_model: "기반 모델", adapter: "어댑터", prompt: "프롬프트",
  index: "색인", manifest: "색인", analysis: "형태소 분석", parser: "문서 분석", chunker: "문단 나누기",
};

export function show(answer) {
  byId("state").replaceChildren(...badges(answer));
  byId("text").replaceChildren(...withMarkers(answer));
  byId("warnings").replaceChildren(...warnings(answer));
  showFiles(answer.attachments);
  showSources(answer.citations);
  byId("course").querySelector(".course").replaceChildren(...courseOf(answer));
  byId("course").hidden = false;
}

function badges(answer) {
  const [kind, text] = badge(answer);
  const total = Object.values(answer.seconds).reduce((sum, each) => sum + each, 0);
  return [
    element("span", { className: `badge ${kind}`, text }),
    element("span", { className: "took", text: `${total.toFixed(2)}초` }),
  ];
}

function badge(answer) {
  if (answer.state === "fallback") return ["warn", "모델 대신 문서 인용"];
  if (answer.state === "abstained") return ["calm", "문서에 없음"];
  if (!answer.trace.retrieval) return ["warn", "문서 검색 없이 답함"];
  if (!answer.citations.length) return ["warn", "근거를 확인하지 못함"];
  return answer.trace.unsupported.length ? ["warn", "일부만 근거 확인"] : ["good", "근거 확인됨"];
}

/** [n] becomes a button to citation n; everything else stays text. */
function withMarkers(answer) {
  const numbers = new Set(answer.citations.map((citation) => citation.passage));
  return answer.text.split("\n").filter((line) => line.trim()).map((line) => {
    const pieces = line.split(/(\[\d+\])/).map((piece) => {
      const number = Number(piece.slice(1, -1));
      return /^\[\d+\]$/.test(piece) && numbers.has(number) ? marker(number) : piece;
    });
    return element("p", {}, ...pieces);
  });
}

function marker(number) {
  const made = element("button", { type: "button", className: "marker", text: String(number), "aria-label": `근거 ${number} 보기` });
  made.addEventListener("click", () => byId(`source-${number}`)?.querySelector("button").focus());
  return made;
}

function warnings(answer) {
  const made = [];
  if (answer.masked) made.push(element("p", { className: "note", text: "질문에 있던 개인정보는 가린 뒤에 처리했습니다." }));
  if (answer.trace.unsupported.length && answer.trace.retrieval) {
    const items = answer.trace.unsupported.map((text) => element("li", { text }));
    made.push(element("div", { className: "note warn" },
      element("p", { text: "검색된 문서에서 확인하지 못한 문장입니다. 안내하기 전에 확인해 주세요." }),
      element("ul", {}, ...items)));
  }
  return made;
}

function showFiles(files) {
  const place = byId("attached");
  place.hidden = !files.length;
  place.querySelector("ul").replaceChildren(...files.map((file) => element("li", {}, fileLink(file))));
}

function showSources(citations) {
  const place = byId("sources");
  place.hidden = !citations.length;
  place.querySelector("ol").replaceChildren(...citations.map(sourceOf));
}

function sourceOf(citation) {
  const open = element("button", { type: "button", className: "source-title", text: citation.title });
  open.addEventListener("click", () => openPage(citation));
  const dated = new Date(citation.version).toLocaleDateString("ko-KR");
  return element("li", { id: `source-${citation.passage}`, className: "card source" },
    element("p", { className: "number", text: String(citation.passage), "aria-hidden": "true" }),
    element("div", {},
      open,
      element("p", { className: "crumb", text: citation.path.join(" › ") }),
      element("blockquote", { text: citation.quote }),
      element("p", { className: "dated", text: `${dated} 판` })));
}

function courseOf(answer) {
  return [
    element("h3", { text: "걸린 시간" }), timesOf(answer.seconds),
    element("h3", { text: "사용한 버전" }), versionsOf(answer.versions),
    element("h3", { text: "찾은 문단" }), passagesOf(answer.trace),
    ...answer.trace.notes.map((text) => element("p", { className: "note", text })),
    element("h3", { text: "모델에 보낸 글" }),
    element("pre", { tabindex: "0", text: answer.trace.prompt || "보내지 않았습니다." }),
  ];
}

function timesOf(seconds) {
  const longest = Math.max(...Object.values(seconds), 1e-6);
  const rows = Object.entries(seconds).map(([stage, took]) => {
    const bar = element("span", { className: "bar" });
    bar.style.width = `${(100 * took) / longest}%`;
    return element("tr", {},
      element("th", { scope: "row", text: STAGES[stage] ?? stage }),
      element("td", { className: "bars" }, bar),
      element("td", { className: "figure", text: `${(1000 * took).toFixed(1)} ms` }));
  });
  return element("table", { className: "times" }, ...rows);
}

function versionsOf(versions) {
  const rows = Object.entries(versions).filter(([, value]) => value).flatMap(([name, value]) => {
    const shown = name.startsWith("document ") ? `문서 ${name.slice(9)}` : VERSIONS[name] ?? name;
    return [element("dt", { text: shown }), element("dd", { text: value })];
  });
  return element("dl", {}, ...rows);
}

function passagesOf(trace) {
  const items = trace.passages.map((found) => element("li", {
    text: `${found.chunk_id} · ${found.score.toFixed(3)}${found.dropped ? " · 길이 때문에 뺌" : ""}`,
  }));
  return items.length ? element("ol", { className: "found" }, ...items) : element("p", { text: "없음" });
}
