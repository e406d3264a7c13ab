/** Yields the objects of a JSON lines response as they come; parts of it do not respect line ends. */
export async function* jsonLines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (kept + value).split("\n");
    kept = lines.pop();
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
  }
  if (kept.trim()) yield JSON.parse(kept);
}

/** The sentence to show for a response that is not 2xx. */
export async function refusal(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `서버가 ${response.status} 오류로 답했습니다.`;
  }
}
