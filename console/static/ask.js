/** The counsellor's page: one question, an answer that grows as it comes, then what bears it. */
import { show } from "./answer.js";
import { byId, element } from "./dom.js";
import { offer, withdraw } from "./feedback.js";
import { jsonLines, refusal } from "./stream.js";

const NAMES = { extractive: "문서 인용", base: "기본 모델", plain: "일반 튜닝 모델", tuned: "튜닝 모델" };
const question = byId("question");
let limit = 2000;
let running = null; // AbortController of the question that is being answered

async function start() {
  try {
    const response = await fetch("/options");
    if (!response.ok) throw new Error(await refusal(response));
    const options = await response.json();
    limit = options.question_chars;
    byId("generators").append(...options.generators.map((name) => choice(name, name === options.default)));
    byId("generators").addEventListener("change", matchRetrieval);
    matchRetrieval();
  } catch {
    problem("서버에 연결할 수 없습니다. 콘솔을 다시 시작한 뒤 새로 고쳐 주세요.");
  }
  prefill();
  count();
  question.focus();
}

/** `/#q=…` lets another screen hand over a question; after the #, it reaches no server's log. */
function prefill() {
  const handed = new URLSearchParams(location.hash.slice(1)).get("q");
  if (!handed) return;
  question.value = handed;
  history.replaceState(null, "", location.pathname);
  ask();
}

function choice(name, checked) {
  const input = element("input", { type: "radio", name: "generator", value: name, checked });
  return element("label", { className: "choice" }, input, element("span", { text: NAMES[name] ?? name }));
}

const chosen = () => document.querySelector("input[name=generator]:checked")?.value ?? "";

/** Quoting needs something to quote. */
function matchRetrieval() {
  const quoting = chosen() === "extractive";
  byId("retrieval").disabled = quoting;
  if (quoting) byId("retrieval").checked = true;
}

function count() {
  const size = question.value.trim().length;
  byId("counted").textContent = size > limit * 0.8 ? `${size.toLocaleString()} / ${limit.toLocaleString()}자` : "";
  byId("counted").classList.toggle("over", size > limit);
  question.style.height = "auto";
  question.style.height = `${Math.min(question.scrollHeight + 2, 240)}px`;
}

async function ask() {
  const asked = question.value.trim();
  if (!asked) return question.focus();
  running?.abort();
  const own = (running = new AbortController());
  begin(asked);
  try {
    const body = { question: asked, generator: chosen(), retrieval: byId("retrieval").checked, stream: true };
    const response = await fetch("/ask", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: own.signal,
    });
    if (!response.ok) throw new Error(await refusal(response));
    await receive(response, asked);
  } catch (error) {
    if (error.name === "AbortError") say("답변을 멈췄습니다.");
    else problem(error instanceof TypeError || error instanceof SyntaxError ? "답변이 도중에 끊겼습니다. 다시 시도해 주세요." : error.message);
  } finally {
    if (running === own) end();
  }
}

async function receive(response, asked) {
  let text = "";
  let finished = false;
  for await (const part of jsonLines(response)) {
    if (part.error) throw new Error(part.error.message);
    if (part.answer) {
      finished = true;
      show(part.answer);
      offer(asked, part.answer);
      say(`답변이 끝났습니다. 근거 문서 ${part.answer.citations.length}건.`);
    } else {
      text = part.replaces ? part.text : text + part.text;
      byId("text").replaceChildren(...text.split("\n").map((line) => element("p", { text: line })));
    }
  }
  if (!finished) throw new Error("답변이 도중에 끊겼습니다. 다시 시도해 주세요.");
}

function begin(asked) {
  byId("problem").hidden = true;
  byId("empty").hidden = true;
  byId("result").hidden = false;
  withdraw();
  byId("asked").textContent = asked;
  byId("state").replaceChildren(element("span", { className: "badge busy", text: "문서를 찾고 있습니다" }));
  for (const id of ["text", "warnings"]) byId(id).replaceChildren();
  for (const id of ["attached", "sources", "course"]) byId(id).hidden = true;
  byId("result").setAttribute("aria-busy", "true");
  byId("stop").hidden = false;
  say("질문을 보냈습니다.");
}

function end() {
  running = null;
  byId("result").setAttribute("aria-busy", "false");
  byId("stop").hidden = true;
  byId("state").querySelector(".busy")?.remove();
}

const say = (sentence) => { byId("status").textContent = sentence; };

function problem(sentence) {
  byId("problem").textContent = sentence;
  byId("problem").hidden = false;
  if (!byId("text").textContent) byId("result").hidden = true;
}

byId("ask").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
byId("stop").addEventListener("click", () => running?.abort());
question.addEventListener("input", count);
question.addEventListener("keydown", (event) => {
  // Enter that ends a Hangul syllable belongs to the input method.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); ask(); }
});
start();
