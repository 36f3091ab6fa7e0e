"""The model in the page: its numbers are PyTorch's, with a cache and without."""

import base64
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Page

from course_lib.data.tale_tokens import TOKENS
from course_lib.figures.story_writer import StoryWriter
from course_lib.kernels.decoder_file import unpack_decoder
from tests.book.served_figures import served_figures
from tests.book.story_page import story
from tests.course_lib.kernels.test_decoder_file import V, decoder

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(served_figures)

ASK = """async ({ worker: module, file, questions, fresh }) => {
    const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0)).buffer;
    const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    const start = () => {
        const worker = new Worker(url, { type: "module" });
        const post = (message) => new Promise((done, fail) => {
            worker.onmessage = ({ data: { answer, fault } }) =>
                (fault ? fail(new Error(fault)) : done(answer));
            worker.postMessage(message);
        });
        return { worker, post };
    };
    let { worker, post } = start();
    await post({ id: 0, file: bytes });
    const answers = [];
    for (const question of questions) {
        if (fresh) {
            worker.terminate();
            ({ worker, post } = start());
            await post({ id: 0, file: bytes });
        }
        const { logits, rows, nRead } = await post({ id: 1, question });
        const weights = rows.map((row) => row.map((each) => [...each]));
        answers.push({ logits: [...logits], rows: weights, nRead });
    }
    worker.terminate();
    return answers;
}"""
NO_FILTER = {
    "temperature": 1,
    "top_k": None,
    "top_p": 1,
    "min_p": 0,
    "repetition_penalty": 1,
}


def answers_of(
    page: Page, writer: StoryWriter, prompts: list[list[int]], *, fresh: bool = False
) -> list[dict]:
    """Ask the worker in the page about texts, all in one go."""
    questions = [
        {"tokens": prompt, "nSeen": 0, "settings": NO_FILTER, "seed": 1, "index": 0}
        for prompt in prompts
    ]
    file = base64.b64encode(writer.file_content).decode()
    return page.evaluate(
        ASK, {"worker": writer.worker, "file": file, "questions": questions, "fresh": fresh}
    )


def random_prompts(n: int, vocab_size: int, longest: int, seed: int = 0) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)

    def length() -> int:
        return int(torch.randint(1, longest + 1, (1,), generator=generator))

    return [torch.randint(vocab_size, (length(),), generator=generator).tolist() for _ in range(n)]


def test_logits_are_pytorch_s_on_two_hundred_prompts(show: Show) -> None:
    writer = story()
    prompts = random_prompts(200, len(TOKENS), 60)
    assert len({len(prompt) for prompt in prompts}) > 40
    answers = answers_of(show(writer), writer, prompts)
    model = unpack_decoder(writer.file_content)
    for prompt, answer in zip(prompts, answers, strict=True):
        out = model(torch.tensor([prompt]))
        torch.testing.assert_close(
            torch.tensor(answer["logits"]), out.logits[0, -1], rtol=0, atol=1e-3
        )


@pytest.mark.parametrize("positions", ["rotary", "learned", "none"])
def test_weights_and_logits_of_each_kind_of_positions(show: Show, positions: str) -> None:
    words = [f"w{i}" for i in range(V - 1)] + ["<end>"]
    writer = StoryWriter(decoder(positions), words, beginning="w1")
    model, prompts = unpack_decoder(writer.file_content), random_prompts(12, V, 9, seed=2)
    for prompt, answer in zip(prompts, answers_of(show(writer), writer, prompts), strict=True):
        with torch.no_grad():
            out = model(torch.tensor([prompt]), keep_weights=True)
        torch.testing.assert_close(
            torch.tensor(answer["logits"]), out.logits[0, -1], rtol=0, atol=1e-4
        )
        weights = torch.cat(out.weights).flatten(0, 1)  # all heads, T T
        for place, row in enumerate(answer["rows"]):
            want = weights[:, place, : place + 1]
            torch.testing.assert_close(
                torch.tensor(row, dtype=torch.float32), want, rtol=0, atol=1e-5
            )


def test_with_a_cache_the_numbers_are_the_same(show: Show) -> None:
    writer = story()
    page = show(writer)
    (text,) = random_prompts(1, len(TOKENS) - 1, 1, seed=4)
    text = text + random_prompts(1, len(TOKENS) - 1, 40, seed=5)[0]
    # Grown word by word, shortened, changed in the middle, asked again.
    texts = [text[:n] for n in range(1, len(text) + 1)]
    texts += [text[:5], [*text[:3], 7, 8, 9], [*text[:3], 7, 8, 9], [7]]
    cached = answers_of(page, writer, texts)
    again = answers_of(page, writer, texts, fresh=True)
    for with_cache, without in zip(cached, again, strict=True):
        assert with_cache["logits"] == without["logits"]
        assert with_cache["rows"] == without["rows"]
    assert [answer["nRead"] for answer in cached] == [1] * len(text) + [1, 3, 0, 1]
    assert [answer["nRead"] for answer in again] == [len(each) for each in texts]


def test_more_words_than_the_model_reads_are_refused(show: Show) -> None:
    writer = story()
    with pytest.raises(Exception, match="the model reads 128 words and no more"):
        answers_of(show(writer), writer, [[1] * 129])
