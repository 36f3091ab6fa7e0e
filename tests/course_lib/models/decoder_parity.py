"""What every decoder-only model must do as its peer does; test files derive their class from it."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from course_lib.models.rotary_decoder import RotaryDecoder
from tests.course_lib.models.peer import TOLERANCE, in_its_precision, peer_of

# Few sizes are alike, so that a swapped axis cannot pass; the tokens reach far past any window.
VOCAB_SIZE, WINDOW, BATCH_SIZE, SEQ_LEN = 37, 5, 3, 40
DTYPES = (torch.float32, torch.float64)


def sizes(**more):
    """Settings that most public configs call alike."""
    common = {
        "vocab_size": VOCAB_SIZE,
        "hidden_size": 12,
        "intermediate_size": 20,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 3,
        "max_position_embeddings": 64,
        "pad_token_id": None,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    return common | more


def random_tokens(seq_len=SEQ_LEN, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(VOCAB_SIZE, (BATCH_SIZE, seq_len), generator=generator)


@dataclass(frozen=True)
class Pair:
    """A peer, and our model with the weights that the peer has saved."""

    peer: nn.Module
    ours: nn.Module
    dtype: torch.dtype

    @classmethod
    def of(cls, peer_kind, config, our_kind, folder, dtype, **randomness):
        peer = peer_of(peer_kind, config, dtype, **randomness)
        peer.save_pretrained(folder)
        return cls(peer, our_kind.from_pretrained(folder, dtype=dtype), dtype)

    def close(self, got, expected):
        torch.testing.assert_close(got, expected, **TOLERANCE[self.dtype])

    @torch.no_grad()
    def peer_logits(self, token_ids, n_padding=None):
        asked = {}
        if n_padding is not None:
            behind = torch.arange(token_ids.shape[1]) - n_padding[:, None]
            asked = {"attention_mask": (behind >= 0).long(), "position_ids": behind.clamp(min=0)}
        with in_its_precision(self.dtype):
            return self.peer(token_ids, **asked).logits

    @torch.no_grad()
    def our_logits(self, token_ids, n_padding=None):
        out = self.ours(token_ids, n_padding=n_padding)
        assert out.caches == ()
        return out.logits

    @torch.no_grad()
    def decoded(self, token_ids, chunks, n_padding=None):
        """Our logits, chunk by chunk with caches."""
        # With so few to spare, every window moves on.
        spare = {"n_spare": 1} if isinstance(self.ours, RotaryDecoder) else {}
        caches, logits = self.ours.reserve_caches(*token_ids.shape, **spare), []
        for chunk in token_ids.split(chunks, dim=1):
            out = self.ours(chunk, caches, n_padding)
            caches = out.caches
            logits.append(out.logits)
        assert {cache.n_seen for cache in caches} == {token_ids.shape[1]}
        return torch.cat(logits, dim=1)


CHUNKS = [17, 1, 1, 4, 12, 1, 4]
N_PADDING = torch.tensor([0, 9, 21])


class DecoderParity:
    """Wants a fixture `pair`."""

    def test_logits_are_those_of_the_peer(self, pair):
        token_ids = random_tokens()
        expected = pair.peer_logits(token_ids)
        assert expected.std() > 0.1  # something to compare
        pair.close(pair.our_logits(token_ids), expected)

    @pytest.mark.parametrize("chunks", [1, CHUNKS], ids=["token by token", "in chunks"])
    def test_decoding_with_caches_gives_the_same(self, pair, chunks):
        token_ids = random_tokens(seed=1)
        pair.close(pair.decoded(token_ids, chunks), pair.peer_logits(token_ids))

    @pytest.mark.parametrize("chunks", [None, CHUNKS], ids=["at once", "in chunks"])
    def test_padding_on_the_left_does_not_matter(self, pair, chunks):
        token_ids = random_tokens(seed=2)
        if chunks is None:
            logits = pair.our_logits(token_ids, N_PADDING)
        else:
            logits = pair.decoded(token_ids, chunks, N_PADDING)
        assert logits.isfinite().all()
        is_token = torch.arange(SEQ_LEN) >= N_PADDING[:, None]
        pair.close(logits[is_token], pair.peer_logits(token_ids, N_PADDING)[is_token])
        alone = pair.our_logits(token_ids[1:2, N_PADDING[1] :])
        pair.close(logits[1:2, N_PADDING[1] :], alone)

    def test_future_tokens_do_not_matter(self, pair):
        token_ids, other = random_tokens(), random_tokens(seed=3)
        changed = torch.cat([token_ids[:, :20], other[:, 20:]], dim=1)
        # Not bit for bit: with experts, how many positions share a product depends on all tokens.
        pair.close(pair.our_logits(changed)[:, :20], pair.our_logits(token_ids)[:, :20])

    @torch.no_grad()
    def test_the_last_positions_may_be_scored_alone(self, pair):
        token_ids = random_tokens()
        logits = pair.ours(token_ids, n_scored=2).logits
        assert logits.shape == (BATCH_SIZE, 2, VOCAB_SIZE)
        pair.close(logits, pair.our_logits(token_ids)[:, -2:])

    def test_weights_are_given_when_asked_for_and_change_nothing(self, pair):
        token_ids = random_tokens()
        with torch.no_grad():
            out = pair.ours.states(token_ids, keep_weights=True)
            pair.close(out.x, pair.ours.states(token_ids).x)
        assert len(out.weights) == pair.ours.cfg.n_layers
        for weights in out.weights:
            assert weights.shape == (BATCH_SIZE, pair.ours.cfg.n_heads, SEQ_LEN, SEQ_LEN)
            pair.close(weights.sum(-1), torch.ones_like(weights[..., 0]))
