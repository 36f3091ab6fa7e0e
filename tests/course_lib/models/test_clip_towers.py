import pytest
import torch
import torch.nn.functional as F

from course_lib.activations import gelu_sigmoid
from course_lib.attention_context import AttentionContext
from course_lib.models.clip_towers import CLIPTextConfig, ImageTower, TextTower, end_positions
from course_lib.models.vit import ViTConfig

B, T, D, J, V, END = 3, 6, 12, 5, 11, 9
STACK = {"d_model": D, "n_heads": 3, "n_layers": 2, "d_ff": 7, "activation": gelu_sigmoid}
TEXT = CLIPTextConfig(vocab_size=V, max_seq_len=8, end_token=END, **STACK)
IMAGE = ViTConfig(image_size=8, patch_size=4, n_channels=2, **STACK)
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def with_random_weights(model):
    model = model.double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return model


def texts():
    token_ids = torch.randint(END, (B, T), generator=torch.Generator().manual_seed(0))
    token_ids[[0, 1, 2], [2, 5, 4]] = END
    return token_ids


class TestEndPositions:
    TEXTS = torch.tensor([[3, 9, 10, 9], [8, 7, 9, 9]])

    def test_is_the_first_end_token(self):
        assert end_positions(self.TEXTS, 9).tolist() == [1, 2]

    def test_is_the_first_of_the_largest_tokens(self):
        assert end_positions(self.TEXTS, None).tolist() == [2, 2]

    def test_texts_without_end_are_named(self):
        with pytest.raises(ValueError, match=r"no token 10 ends the texts \[1\]"):
            end_positions(self.TEXTS, 10)


class TestTextTower:
    def test_takes_what_stands_at_the_end(self):
        tower, token_ids = with_random_weights(TextTower(TEXT, J)), texts()
        out, states = tower(token_ids), tower.states(token_ids)
        assert out.shape == (B, J)
        for row, end in enumerate([2, 5, 4]):
            expected = tower.to_joint.weight @ states.x[row, end]
            torch.testing.assert_close(out[row], expected, **TIGHT)

    def test_what_stands_behind_the_end_does_not_matter(self):
        tower, token_ids = with_random_weights(TextTower(TEXT, J)), texts()
        before = tower(token_ids)
        edited = token_ids.clone()
        edited[0, 3:] = 10 - edited[0, 3:]
        edited[2, 5] = END
        assert not torch.equal(edited, token_ids)
        torch.testing.assert_close(tower(edited), before, **TIGHT)

    def test_no_token_sees_the_future(self):
        tower, token_ids = with_random_weights(TextTower(TEXT, J)), texts()
        edited = token_ids.clone()
        edited[:, -1] = (edited[:, -1] + 1) % V
        before, after = tower.states(token_ids).x, tower.states(edited).x
        torch.testing.assert_close(after[:, :-1], before[:, :-1], **TIGHT)
        assert not torch.allclose(after[:, -1], before[:, -1])

    def test_weights_are_kept_on_demand(self):
        tower = with_random_weights(TextTower(TEXT, J))
        weights = tower.states(texts(), keep_weights=True).weights
        assert [layer.shape for layer in weights] == [(B, 3, T, T)] * 2
        assert tower.states(texts()).weights == ()

    def test_texts_longer_than_the_positions_are_refused(self):
        tower = with_random_weights(TextTower(TEXT, J))
        with pytest.raises(ValueError, match="9 positions, but vectors for 8 only"):
            tower(torch.full((1, 9), END))

    def test_vectors_of_tokens_and_positions_begin_small(self):
        sizes = STACK | {"vocab_size": 300, "max_seq_len": 200, "d_model": 60}
        tower = TextTower(CLIPTextConfig(**sizes), J)
        for table in (tower.embedding.weight, tower.positions.table):
            assert table.std().item() == pytest.approx(0.02, rel=0.05)

    @pytest.mark.parametrize("name", ["vocab_size", "max_seq_len"])
    def test_a_size_of_one_will_do(self, name):
        sizes = {"vocab_size": V, "max_seq_len": 8} | STACK | {name: 1}
        assert getattr(CLIPTextConfig(**sizes), name) == 1

    @pytest.mark.parametrize("name", ["vocab_size", "max_seq_len", "n_layers"])
    def test_a_size_below_one_is_refused(self, name):
        sizes = {"vocab_size": V, "max_seq_len": 8} | STACK | {name: 0}
        with pytest.raises(ValueError, match=f"at least 1.*{name}=0"):
            CLIPTextConfig(**sizes)


class TestImageTower:
    def test_normalises_before_the_blocks_and_the_class_token_after_them(self):
        tower, images = with_random_weights(ImageTower(IMAGE, J)), rand(B, 2, 8, 8)
        assert tower.patches.projection.bias is None
        first, last = tower.first_norm, tower.class_norm
        x = F.layer_norm(tower.patches(images), (D,), first.gain, first.bias, first.eps)
        for block in tower.encoder.blocks:
            x = block(x, AttentionContext()).x
        torch.testing.assert_close(tower.states(images).x, x, **TIGHT)
        expected = F.layer_norm(x[:, 0], (D,), last.gain, last.bias, last.eps)
        expected = expected @ tower.to_joint.weight.T
        assert expected.shape == (B, J)
        torch.testing.assert_close(tower(images), expected, **TIGHT)

    def test_weights_are_kept_on_demand(self):
        tower, images = with_random_weights(ImageTower(IMAGE, J)), rand(B, 2, 8, 8)
        weights = tower.states(images, keep_weights=True).weights
        assert [layer.shape for layer in weights] == [(B, 3, 5, 5)] * 2
        assert tower.states(images).weights == ()

    def test_images_of_another_size_are_refused(self):
        with pytest.raises(ValueError, match=r"shape \(2, 8, 12\), not \(2, 8, 8\)"):
            with_random_weights(ImageTower(IMAGE, J))(rand(B, 2, 8, 12))
