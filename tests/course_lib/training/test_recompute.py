import pytest
import torch

from course_lib.analysis.kept_bytes import kept_bytes
from course_lib.decoder import Decoder, build_decoder
from course_lib.training.recompute import recomputed


def small_decoder() -> Decoder:
    return build_decoder(
        vocab_size=11, d_model=12, n_heads=3, n_layers=4, d_ff=24, spread=0.4
    ).double()


TOKEN_IDS = torch.randint(11, (2, 13), generator=torch.Generator().manual_seed(0))


def loss(decoder: Decoder) -> torch.Tensor:
    return decoder(TOKEN_IDS).logits.square().mean()


def gradients(decoder: Decoder) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss(decoder), list(decoder.parameters())))


class TestRecomputed:
    def test_loss_and_gradients_stay(self):
        decoder = small_decoder()
        plain_loss, plain = loss(decoder).item(), gradients(decoder)
        with recomputed(decoder.blocks):
            assert loss(decoder).item() == plain_loss
            again = gradients(decoder)
        for one, other in zip(plain, again, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)

    def test_keeps_less(self):
        decoder = small_decoder()
        plain = kept_bytes(lambda: loss(decoder))
        with recomputed(decoder.blocks):
            assert kept_bytes(lambda: loss(decoder)) < plain / 2

    def test_runs_each_block_twice(self):
        decoder, n_runs = small_decoder(), []
        for block in decoder.blocks:
            block.attention.to_out.register_forward_hook(lambda *_: n_runs.append(1))
        with recomputed(decoder.blocks):
            gradients(decoder)
        assert len(n_runs) == 2 * 4

    def test_takes_modules_one_after_the_other_and_arguments_by_name(self):
        decoder = small_decoder()
        with recomputed(block for block in [decoder]):
            weights = decoder(TOKEN_IDS, keep_weights=True).weights
        assert len(weights) == 4
        assert "forward" not in vars(decoder)

    def test_the_modules_are_as_before_when_it_ends(self):
        decoder = small_decoder()
        with pytest.raises(KeyError), recomputed(decoder.blocks):
            raise KeyError
        assert all("forward" not in vars(block) for block in decoder.blocks)
        gradients(decoder)
