import numpy as np
import torch

from course_lib.figures.writer_numbers import pack_start, writer_numbers
from course_lib.generation.sampling import SamplingConfig
from tests.course_lib.kernels.test_decoder_file import H, L, V, decoder

WORDS = [f"w{i}" for i in range(V)]
TEXT = [5, 1, 12, 1, 7]
CFG = SamplingConfig(temperature=0.7, top_k=6, min_p=0.05)


class TestWriterNumbers:
    def test_scores_are_those_after_the_last_word(self):
        model = decoder()
        numbers = writer_numbers(model, WORDS, TEXT, CFG)
        logits = model(torch.tensor([TEXT])).logits[0, -1]
        torch.testing.assert_close(numbers.logits, logits, rtol=1e-5, atol=1e-6)
        raw = logits.double().softmax(-1)
        torch.testing.assert_close(numbers.next.raw, raw, rtol=1e-5, atol=1e-6)
        # Six are kept at most, by an independent way: sort, cut, softmax again.
        falling = (logits.double() / 0.7).sort(descending=True)
        kept = [i for i in range(6) if falling.values[i] - falling.values[0] >= np.log(0.05)]
        want = torch.zeros(V, dtype=torch.double)
        want[falling.indices[kept]] = falling.values[kept].softmax(-1)
        torch.testing.assert_close(numbers.next.probs, want, rtol=1e-5, atol=1e-6)

    def test_weights_are_causal_shares_by_layer_and_head(self):
        weights = writer_numbers(decoder(), WORDS, TEXT, CFG).weights
        assert weights.shape == (L, H, 5, 5)
        torch.testing.assert_close(weights.sum(-1), torch.ones(L, H, 5))
        assert torch.equal(weights, weights.tril())

    def test_what_comes_later_changes_no_earlier_row(self):
        model = decoder("learned")
        short = writer_numbers(model, WORDS, TEXT[:3], CFG).weights
        long = writer_numbers(model, WORDS, TEXT, CFG).weights
        torch.testing.assert_close(long[:, :, :3, :3], short)


def test_the_start_is_packed_row_by_row():
    numbers = writer_numbers(decoder(), WORDS, TEXT, CFG)
    packed = np.frombuffer(pack_start(numbers), "<f4")
    assert len(packed) == V + L * H * (1 + 2 + 3 + 4 + 5)
    assert packed[:V].tolist() == numbers.logits.tolist()
    # The third word's row begins behind two rows of one and two weights a head.
    third = packed[V + L * H * 3 :][: L * H * 3].reshape(L, H, 3)
    assert third[1, 2].tolist() == numbers.weights[1, 2, 2, :3].tolist()
