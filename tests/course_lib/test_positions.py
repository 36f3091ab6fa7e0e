import math

import pytest
import torch

from course_lib.positions import LearnedPositions, sinusoidal_table, token_positions

B, T, D = 3, 5, 6
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


class TestTokenPositions:
    def test_follow_those_seen(self):
        assert token_positions(3, 4).tolist() == [3, 4, 5, 6]

    def test_the_first_token_after_padding_is_at_0(self):
        positions = token_positions(0, 4, torch.tensor([0, 1, 3]))
        assert positions.tolist() == [[0, 1, 2, 3], [0, 0, 1, 2], [0, 0, 0, 0]]

    def test_padding_is_counted_from_the_very_first_position(self):
        positions = token_positions(4, 2, torch.tensor([0, 3, 5]))
        assert positions.tolist() == [[4, 5], [1, 2], [0, 0]]

    @pytest.mark.parametrize("n_padding", [None, torch.tensor([0, 1, 3], device="meta")])
    def test_are_made_where_they_are_wanted(self, n_padding):
        meta = torch.device("meta")
        assert token_positions(2, 4, n_padding, meta).device == meta


class TestSinusoidalTable:
    def test_hand_worked_case(self):
        # Width 4: wavelengths 2π and 2π·10000^(2/4) = 2π·100.
        expected = [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]
        table = sinusoidal_table(4, 4, torch.float64)
        torch.testing.assert_close(table[3], torch.tensor(expected, dtype=torch.float64), **TIGHT)

    def test_matches_loops(self):
        table = sinusoidal_table(T, D, torch.float64)
        for t in range(T):
            for i in range(D // 2):
                angle = t / 10000 ** (2 * i / D)
                assert table[t, 2 * i].item() == pytest.approx(math.sin(angle), rel=1e-12)
                assert table[t, 2 * i + 1].item() == pytest.approx(math.cos(angle), rel=1e-12)

    def test_a_shift_turns_every_row_alike(self):
        # Vaswani et al. 2017, section 3.5: row t + 2 is a linear function of row t.
        pairs = torch.view_as_complex(sinusoidal_table(T, D, torch.float64).unflatten(-1, (-1, 2)))
        turned = pairs[2:] / pairs[:-2]
        torch.testing.assert_close(turned, turned[:1].expand_as(turned), **TIGHT)

    def test_single_precision_is_as_good_as_its_type(self):
        table = sinusoidal_table(50_000, 4)
        assert table.dtype == torch.float32
        assert table[-1, 0].item() == pytest.approx(math.sin(49_999), abs=1e-7)

    def test_an_odd_width_is_refused(self):
        with pytest.raises(ValueError, match="cannot be 7"):
            sinusoidal_table(T, 7)


class TestLearnedPositions:
    def test_looks_up_the_vectors_of_the_positions(self):
        layer = LearnedPositions(9, D).double()
        assert layer(3, 4).dtype == torch.float64
        assert torch.equal(layer(3, 4), layer.table[3:7])

    def test_padding_moves_the_vectors(self):
        layer = LearnedPositions(9, D)
        out = layer(2, 3, torch.tensor([0, 1]))
        assert torch.equal(out[0], layer.table[2:5])
        assert torch.equal(out[1], layer.table[1:4])

    def test_learns_where_it_lies(self):
        layer = LearnedPositions(9, D)
        assert layer.table.shape == (9, D)
        layer(3, 4).sum().backward()
        assert layer.table.grad[:, 0].tolist() == [0, 0, 0, 1, 1, 1, 1, 0, 0]
        n_padding = torch.tensor([0, 1], device="meta")
        assert layer.to("meta")(2, 3, n_padding).device.type == "meta"

    def test_starts_small(self):
        # 400 × 50 draws of spread 0.02: their own spread is off by about half a percent.
        assert LearnedPositions(400, 50).table.std().item() == pytest.approx(0.02, rel=0.05)

    def test_the_last_position_has_a_vector_and_the_one_after_it_has_none(self):
        layer = LearnedPositions(9, D)
        assert torch.equal(layer(8, 1)[0], layer.table[8])
        with pytest.raises(ValueError, match="10 positions, but vectors for 9 only"):
            layer(8, 2)
