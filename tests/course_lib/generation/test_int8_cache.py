import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.generation.cache_editing import select_rows, truncate
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.generation.int8_cache import Int8Cache, encode
from course_lib.generation.kv_cache import CacheShape
from tests.course_lib.generation.tiny_model import N_LAYERS, TinyModel

B, HKV, DH, MAX_SEQ_LEN = 2, 3, 5, 11
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def shape_of(dtype=torch.float64):
    return CacheShape(
        batch_size=B, n_kv_heads=HKV, d_head=DH, dtype=dtype, device=torch.device("cpu")
    )


def filled(sizes, dtype=torch.float64):
    """A cache after appends of so many positions, what the last gave back, and what went in."""
    k, v = (
        rand(B, HKV, sum(sizes), DH, dtype=dtype),
        rand(B, HKV, sum(sizes), DH, seed=1, dtype=dtype),
    )
    cache = Int8Cache.empty(shape_of(dtype), MAX_SEQ_LEN)
    start = 0
    for size in sizes:
        end = start + size
        cache, k_back, v_back = cache.append(k[:, :, start:end], v[:, :, start:end])
        start = end
    return cache, (k_back, v_back), (k, v)


class TestEncode:
    def test_hand_worked_case(self):
        # The largest, 2.54, is 127 steps of 0.02; -0.5 is 25 of them, and 0.031 is 1.55: 2.
        coded = encode(torch.tensor([[2.54, -0.5, 0.031, 0.0]], dtype=torch.float64))
        assert coded.codes.tolist() == [[127, -25, 2, 0]]
        torch.testing.assert_close(coded.scales.item(), 0.02, **TIGHT)
        back = torch.tensor([[2.54, -0.5, 0.04, 0.0]], dtype=torch.float64)
        torch.testing.assert_close(coded.decode(), back, **TIGHT)

    def test_the_largest_may_be_negative(self):
        assert encode(torch.tensor([[-2.54, 1.27]])).codes.tolist() == [[-127, 64]]

    def test_a_vector_of_zeros(self):
        coded = encode(torch.zeros(2, 3))
        assert coded.codes.tolist() == [[0, 0, 0]] * 2
        assert coded.scales.tolist() == [[1.0]] * 2
        assert torch.equal(coded.decode(), torch.zeros(2, 3))

    @given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-30, 1e-3, 1.0, 1e4]))
    def test_no_number_is_off_by_more_than_half_a_step(self, seed, scale):
        x = scale * rand(3, 4, DH, seed=seed)
        coded = encode(x)
        half_step = x.abs().amax(-1, keepdim=True) / 254
        assert ((coded.decode() - x).abs() <= half_step * (1 + 1e-12)).all()

    def test_half_precision_stays_within_a_byte(self):
        # Steps rounded to float16 may be too small by 2⁻¹¹, so that the largest is 127.06 of them.
        x = rand(4000, DH, dtype=torch.float32).half()
        codes = encode(x).codes.int()
        assert (codes.abs().amax(-1) == 127).all()

    def test_a_step_rounded_to_almost_nothing_turns_no_sign(self):
        # 1e-5 / 127 is rounded down to the smallest number of float16, 168 of which are 1e-5.
        coded = encode(torch.tensor([[1e-5, -1e-5]], dtype=torch.float16))
        assert coded.codes.tolist() == [[127, -127]]

    def test_each_vector_has_its_own_step(self):
        small = torch.tensor([0.001, 0.0005])
        coded = encode(torch.stack([torch.tensor([1000.0, 1.0]), small]))
        torch.testing.assert_close(coded.decode()[1], small, rtol=0.01, atol=0)


class TestInt8Cache:
    @pytest.mark.parametrize("sizes", [[7], [1] * 7, [4, 1, 2]])
    def test_gives_back_what_encoding_leaves_however_it_came_in(self, sizes):
        cache, (k_back, v_back), (k, v) = filled(sizes)
        assert cache.n_seen == 7
        assert torch.equal(k_back, encode(k).decode())
        assert torch.equal(v_back, encode(v).decode())

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
    def test_type_and_memory(self, dtype):
        cache, (k_back, _), _ = filled([3], dtype)
        assert k_back.dtype == cache.k.scales.dtype == dtype
        assert cache.k.codes.dtype == torch.int8
        assert cache.k.codes.shape == (B, HKV, MAX_SEQ_LEN, DH)
        assert cache.v.scales.shape == (B, HKV, MAX_SEQ_LEN, 1)

    def test_a_full_cache_refuses(self):
        cache, _, (k, v) = filled([9])
        with pytest.raises(ValueError, match="no room for 12 positions in a cache of 11"):
            cache.append(k[:, :, :3], v[:, :, :3])

    def test_attention_is_off_by_no_more_than_the_steps_allow(self):
        _, (k_back, v_back), (k, v) = filled([7])
        q = rand(B, HKV, 2, DH, seed=3)
        k_off, v_off = k.abs().amax(-1) / 254, v.abs().amax(-1) / 254  # B Hkv T: half a step
        # Each score is off by at most the sum of the query's numbers times half a step of the key.
        score_off = (q.abs().sum(-1, keepdim=True) * k_off[:, :, None]).amax(-1)  # B Hkv 2
        assert ((q @ k_back.mT - q @ k.mT).abs().amax(-1) <= score_off * (1 + 1e-9)).all()
        # So each weight is off by a factor between exp(-2δ) and exp(2δ), and the mixture by that
        # share of the largest value, and by half a step of the values.
        weights, weights_back = (q @ k.mT).softmax(-1), (q @ k_back.mT).softmax(-1)
        off = (weights_back @ v_back - weights @ v).abs().amax(-1)  # B Hkv 2
        largest, half_step = v.abs().amax((-2, -1)), v_off.amax(-1)  # B Hkv
        bound = (2 * score_off).expm1() * largest[..., None] + half_step[..., None]
        assert (off <= bound).all()
        assert (off > 0).all()

    def test_rows_can_be_chosen_and_positions_forgotten(self):
        cache, _, (k, v) = filled([7])
        rows, new = torch.tensor([1, 1, 0]), rand(3, HKV, 1, DH, seed=5)
        (cache,) = truncate(select_rows((cache,), rows), 4)
        cache, k_back, v_back = cache.append(new, -new)
        assert cache.n_seen == 5
        expected = torch.cat([k[rows, :, :4], new], dim=2), torch.cat([v[rows, :, :4], -new], dim=2)
        assert torch.equal(k_back, encode(expected[0]).decode())
        assert torch.equal(v_back, encode(expected[1]).decode())

    def test_it_never_grows_when_cut_short(self):
        cache, _, _ = filled([7])
        assert cache.truncated(9).n_seen == 7


class TestInAModel:
    def test_it_does_not_matter_how_a_text_is_cut_into_calls(self):
        model = TinyModel(13)
        text = torch.randint(13, (B, 9), generator=torch.Generator().manual_seed(0))

        def logits(*cuts):
            caches = tuple(Int8Cache.empty(model.cache_shape(B), 9) for _ in range(N_LAYERS))
            parts = []
            for part in text.tensor_split(cuts, dim=1):
                out = model(part, caches)
                caches = out.caches
                parts.append(out.logits)
            return torch.cat(parts, dim=1)

        torch.testing.assert_close(logits(4, 5), logits(), **TIGHT)
        assert not torch.allclose(logits(), model(text).logits, rtol=1e-6)

    def test_it_can_be_decoded_with(self):
        model = TinyModel(13, sharpness=3.0)
        caches = tuple(Int8Cache.empty(model.cache_shape(1), 20) for _ in range(N_LAYERS))
        prompt, cfg = Prompts(torch.tensor([[2, 7, 1]])), DecodingConfig(max_new_tokens=8)
        with_cache = decode(model, prompt, greedy, cfg, caches)
        assert with_cache.rows == decode(model, prompt, greedy, cfg).rows
