import pytest
import torch
from torch import nn

from course_lib.kernels.memory import cache_bytes, module_bytes, tokens_as_large_as
from course_lib.kernels.quantized_linear import Int8Linear

LLAMA_2_7B = {"n_layers": 32, "n_kv_heads": 32, "d_head": 128}
LLAMA_2_70B = {"n_layers": 80, "n_kv_heads": 8, "d_head": 128}
LLAMA_3_8B = {"n_layers": 32, "n_kv_heads": 8, "d_head": 128}
GPT_2 = {"n_layers": 12, "n_kv_heads": 12, "d_head": 64}
SIZES = {"n_layers": 3, "n_kv_heads": 5, "d_head": 7, "batch_size": 2, "seq_len": 11}


class TestCacheBytes:
    @pytest.mark.parametrize(
        ("shape", "bytes_each", "expected"),
        [
            # 2 · 32 · 32 · 128 = 262,144 numbers a token, of 2 bytes: half a MiB.
            (LLAMA_2_7B, 2, 512 * 1024),
            # 2 · 80 · 8 · 128 = 163,840 numbers of 2 bytes: 320 KiB.
            (LLAMA_2_70B, 2, 320 * 1024),
            # A quarter of the key/value heads of LLaMA 2 7B, so a quarter of its cache.
            (LLAMA_3_8B, 2, 128 * 1024),
            # 2 · 12 · 12 · 64 = 18,432 numbers of 4 bytes: 72 KiB.
            (GPT_2, 4, 72 * 1024),
            # The same in 4 bits: an eighth.
            (GPT_2, 0.5, 9 * 1024),
        ],
    )
    def test_one_token_of_public_models(self, shape, bytes_each, expected):
        assert cache_bytes(**shape, batch_size=1, seq_len=1, bytes_each=bytes_each) == expected

    def test_a_batch_of_long_sequences(self):
        # LLaMA 2 7B, 16 sequences of 4096 tokens: 65,536 times half a MiB is 32 GiB.
        assert cache_bytes(**LLAMA_2_7B, batch_size=16, seq_len=4096, bytes_each=2) == 32 * 2**30

    def test_equals_the_bytes_of_the_tensors(self):
        keys = torch.zeros(3, 2, 5, 11, 7, dtype=torch.float16)
        assert cache_bytes(**SIZES, bytes_each=2) == keys.nbytes + torch.zeros_like(keys).nbytes

    @pytest.mark.parametrize("size", SIZES)
    def test_is_proportional_to_every_size(self, size):
        single = cache_bytes(**SIZES, bytes_each=2)
        assert cache_bytes(**{**SIZES, size: 3 * SIZES[size]}, bytes_each=2) == 3 * single

    @pytest.mark.parametrize("size", [*SIZES, "bytes_each"])
    def test_negative_sizes_are_refused(self, size):
        with pytest.raises(ValueError, match=r"negative, got .*-13"):
            cache_bytes(**{**SIZES, "bytes_each": 2, size: -13})


class TestTokensAsLargeAs:
    def test_hand_worked_case(self):
        # LLaMA 2 7B has 6,738,415,616 weights: 13,476,831,232 bytes in 16 bits. At half a MiB a
        # token that is 25,705 tokens and a piece.
        assert tokens_as_large_as(2 * 6_738_415_616, 2**19) == 25_706

    def test_whole_numbers_are_not_rounded_up(self):
        assert tokens_as_large_as(30, 10) == 3
        assert tokens_as_large_as(31, 10) == 4

    def test_tokens_without_bytes_are_refused(self):
        with pytest.raises(ValueError, match="some bytes, not 0"):
            tokens_as_large_as(30, 0)


class TestModuleBytes:
    def test_hand_worked_case(self):
        # 5·7 weights and 7 biases of 4 bytes.
        assert module_bytes(nn.Linear(5, 7)) == 4 * (35 + 7)

    def test_counts_buffers_in_their_own_width(self):
        # 35 bytes, and 7 scales and 7 biases of 4 bytes.
        layer = Int8Linear(torch.ones(7, 5), torch.ones(7))
        assert module_bytes(layer) == 35 + 4 * 7 + 4 * 7

    def test_what_is_used_twice_is_counted_once(self):
        embedding, output = nn.Embedding(11, 3), nn.Linear(3, 11, bias=False)
        output.weight = embedding.weight
        assert module_bytes(nn.Sequential(embedding, output)) == 4 * 33
