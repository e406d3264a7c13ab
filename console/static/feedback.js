/** Under an answer: useful, wrong, or what it should have said. The server masks personal numbers of it. */
import { byId, element } from "./dom.js";
import { refusal } from "./stream.js";

const MOST = { chars: 4000, citations: 10 }; // of an answer or its correction; what the server takes
let about = null; // what is said of which answer: question, answer, citations

export function offer(question, answer) {
  const cited = new Set(answer.citations.map((citation) => citation.document_id));
  about = { question, answer: answer.text.slice(0, MOST.chars), citations: [...cited].slice(0, MOST.citations) };
  busy(false);
  press("");
  edit(false);
  say();
  byId("feedback").hidden = false;
}

export function withdraw() {
  about = null;
  byId("feedback").hidden = true;
}

async function send(verdict, correction) {
  const own = about;
  const body = { ...own, verdict, ...(correction === undefined ? {} : { correction }) };
  busy(true);
  say("보내는 중입니다…");
  const told = await post(body);
  if (own !== about) return; // another answer stands there by now
  busy(false);
  say(told.sentence, !told.kept);
  if (!told.kept) return;
  press(verdict);
  edit(false);
  // What had the focus may be gone or was out of use meanwhile; elsewhere it is not taken away.
  if (document.activeElement === document.body) button(verdict).focus();
}

async function post(body) {
  try {
    const response = await fetch("/feedback", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    if (!response.ok) return { kept: false, sentence: await refusal(response) };
    const { masked } = await response.json();
    return { kept: true, sentence: `의견을 남겼습니다. 다음 학습에 쓰입니다.${masked ? " 개인정보는 가렸습니다." : ""}` };
  } catch {
    return { kept: false, sentence: "서버에 연결할 수 없습니다. 잠시 뒤에 다시 시도해 주세요." };
  }
}

function correct() {
  const correction = byId("correction").value.trim();
  if (!correction || correction === about.answer.trim()) {
    say("고친 곳이 없습니다. 바른 내용으로 고친 뒤 보내 주세요.", true);
    byId("correction").focus();
  } else send("corrected", correction);
}

/** Open or close the field for what the answer should have said. */
function edit(open) {
  const field = byId("correction");
  byId("correcting").hidden = !open;
  button("corrected").setAttribute("aria-expanded", String(open));
  if (!open) return;
  field.value = about.answer;
  field.focus();
}

const buttons = () => [...byId("feedback").querySelectorAll("button[data-verdict]")];
const button = (verdict) => buttons().find((one) => one.dataset.verdict === verdict);

function press(verdict) {
  for (const one of buttons()) one.classList.toggle("chosen", one.dataset.verdict === verdict);
}

function busy(sending) {
  for (const one of byId("feedback").querySelectorAll("button")) one.disabled = sending;
}

function say(sentence = "", bad = false) {
  byId("feedback-said").replaceChildren(...(sentence ? [element("span", { className: bad ? "bad" : undefined, text: sentence })] : []));
}

for (const one of buttons()) {
  const { verdict } = one.dataset;
  one.addEventListener("click", () => {
    if (verdict === "corrected") { say(); edit(byId("correcting").hidden); } else send(verdict);
  });
}
byId("correcting").addEventListener("submit", (event) => { event.preventDefault(); correct(); });
byId("keep-answer").addEventListener("click", () => { edit(false); say(); button("corrected").focus(); });
