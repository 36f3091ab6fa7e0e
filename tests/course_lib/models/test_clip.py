import json
import math
from dataclasses import replace

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from course_lib.activations import gelu_exact
from course_lib.models.clip import (
    CLIP,
    CLIP_VIT_B_16,
    CLIP_VIT_B_32,
    CLIP_VIT_L_14,
    CLIP_VIT_L_14_336,
    CLIPConfig,
    compare,
    read_clip_config,
)
from tests.course_lib.models.peer import FLOAT32, FLOAT64, randomise
from tests.course_lib.models.public_folder import change_config

N_IMAGES, N_TEXTS, T, V, IMAGE, J = 3, 4, 7, 23, 20, 10
END = 17  # not the largest token
TEXT_SIZES = {
    "vocab_size": V,
    "hidden_size": 12,
    "intermediate_size": 14,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "max_position_embeddings": 9,
    "layer_norm_eps": 1e-3,  # large enough to be missed
    "bos_token_id": 1,
    "eos_token_id": END,
}
IMAGE_SIZES = {
    "hidden_size": 16,
    "intermediate_size": 18,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_channels": 2,
    "image_size": IMAGE,
    "patch_size": 5,
    "layer_norm_eps": 2e-3,
}
PRECISIONS = [(torch.float32, FLOAT32), (torch.float64, FLOAT64)]


def publish(folder, dtype=torch.float64, text=(), image=()):
    """Write a random model as the hub has it, and return it."""
    config = transformers.CLIPConfig(
        text_config=TEXT_SIZES | dict(text),
        vision_config=IMAGE_SIZES | dict(image),
        projection_dim=J,
    )
    peer = randomise(transformers.CLIPModel(config).to(dtype))
    peer.save_pretrained(folder)
    return peer


def images(dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(N_IMAGES, 2, IMAGE, IMAGE, dtype=dtype, generator=generator)


def texts(padding=0):
    """Texts that end at different places, with padding behind them, and what is no padding."""
    token_ids = torch.randint(2, END, (N_TEXTS, T), generator=torch.Generator().manual_seed(2))
    ends = torch.tensor([3, 6, 1, 4])
    token_ids[torch.arange(N_TEXTS), ends] = END
    is_token = torch.arange(T) <= ends[:, None]
    return token_ids.masked_fill(~is_token, padding), is_token.long()


def change_tensors(folder, change):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


class TestCompare:
    def test_hand_worked_case(self):
        # (3, 4) and (1, 0) at distance 1: (0.6, 0.8) and (1, 0), whose cosine is 0.6; (0, 1) and
        # (0.6, 0.8) have 0.8. The scale is e^ln 10.
        out = compare(
            torch.tensor([[3.0, 4.0]]),
            torch.tensor([[1.0, 0.0], [0.0, 2.0]]),
            torch.tensor(math.log(10)),
        )
        torch.testing.assert_close(out.images, torch.tensor([[0.6, 0.8]]))
        torch.testing.assert_close(out.texts, torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        torch.testing.assert_close(out.logits, torch.tensor([[6.0, 8.0]]))

    def test_matches_loops(self):
        generator = torch.Generator().manual_seed(0)
        images = torch.randn(N_IMAGES, J, dtype=torch.float64, generator=generator)
        texts = torch.randn(N_TEXTS, J, dtype=torch.float64, generator=generator)
        logits = compare(images, texts, torch.tensor(0.7, dtype=torch.float64)).logits
        for i in range(N_IMAGES):
            for j in range(N_TEXTS):
                lengths = math.sqrt(images[i] @ images[i]) * math.sqrt(texts[j] @ texts[j])
                expected = math.exp(0.7) * (images[i] @ texts[j]) / lengths
                torch.testing.assert_close(logits[i, j], expected, rtol=1e-12, atol=1e-12)


class TestParity:
    def check(self, folder, peer, dtype=torch.float64, tolerance=FLOAT64, padding=0):
        token_ids, is_token = texts(padding)
        out = CLIP.from_pretrained(folder, dtype)(images(dtype), token_ids)
        expected = peer(token_ids, images(dtype), attention_mask=is_token)
        assert expected.logits_per_image.shape == (N_IMAGES, N_TEXTS)
        torch.testing.assert_close(out.images, expected.image_embeds, **tolerance)
        torch.testing.assert_close(out.texts, expected.text_embeds, **tolerance)
        torch.testing.assert_close(out.logits, expected.logits_per_image, **tolerance)

    @pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
    def test_similarities(self, tmp_path, dtype, tolerance):
        self.check(tmp_path, publish(tmp_path, dtype), dtype, tolerance)

    def test_padding_with_end_tokens(self, tmp_path):
        self.check(tmp_path, publish(tmp_path), padding=END)

    def test_padding_with_larger_tokens(self, tmp_path):
        self.check(tmp_path, publish(tmp_path), padding=END + 1)

    @pytest.mark.parametrize("padding", [0, END])
    def test_files_that_name_a_wrong_end_token(self, tmp_path, padding):
        # Then the largest token of a text ends it.
        peer = publish(tmp_path, text={"eos_token_id": 2})
        assert read_clip_config(tmp_path).text.end_token is None
        self.check(tmp_path, peer, padding=padding)

    def test_exact_gelu(self, tmp_path):
        peer = publish(tmp_path, text={"hidden_act": "gelu"}, image={"hidden_act": "gelu"})
        self.check(tmp_path, peer)

    def test_towers_of_different_activations(self, tmp_path):
        self.check(tmp_path, publish(tmp_path, image={"hidden_act": "gelu"}))

    def test_states(self, tmp_path):
        peer, token_ids = publish(tmp_path), texts()[0]
        model = CLIP.from_pretrained(tmp_path, torch.float64)
        expected = peer.text_model(token_ids).last_hidden_state
        torch.testing.assert_close(model.text.states(token_ids).x, expected, **FLOAT64)
        expected = peer.vision_model(images()).last_hidden_state
        torch.testing.assert_close(model.image.states(images()).x, expected, **FLOAT64)

    def test_old_files_hold_the_numbers_of_the_positions(self, tmp_path):
        peer = publish(tmp_path)

        def add_numbers(tensors):
            tensors["text_model.embeddings.position_ids"] = torch.arange(9)[None]
            tensors["vision_model.embeddings.position_ids"] = torch.arange(17)[None]

        change_tensors(tmp_path, add_numbers)
        self.check(tmp_path, peer)

    def test_old_files_say_a_tower_twice(self, tmp_path):
        peer = publish(tmp_path)
        config = json.loads((tmp_path / "config.json").read_text())
        wrong = {"hidden_size": 768, "eos_token_id": 2, "vocab_size": 5}
        change_config(
            tmp_path,
            text_config=wrong,
            text_config_dict=config["text_config"],
            vision_config_dict=None,
        )
        self.check(tmp_path, peer)


class TestSettings:
    def test_what_is_left_out_is_as_in_the_first_model(self, tmp_path):
        (tmp_path / "config.json").write_text('{"model_type": "clip"}')
        expected = replace(CLIP_VIT_B_32, text=replace(CLIP_VIT_B_32.text, end_token=49407))
        assert read_clip_config(tmp_path) == expected

    def test_each_setting_is_read(self, tmp_path):
        publish(tmp_path, text={"hidden_act": "gelu"})
        cfg = read_clip_config(tmp_path)
        assert cfg.d_joint == J
        assert cfg.text.end_token == END
        assert cfg.text.activation is gelu_exact
        assert cfg.text.norm_eps == 1e-3
        assert cfg.image.norm_eps == 2e-3

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"model_type": "siglip"}, "model_type='siglip' is not supported"),
            ({"text_config": {"hidden_act": "relu"}}, "text_config: hidden_act='relu' is not"),
            ({"text_config": {"eos_token_id": [1, 2]}}, r"text_config: eos_token_id .*\[1, 2\]"),
            ({"vision_config": {"image_size": [8, 9]}}, r"vision_config: image_size .*\[8, 9\]"),
            ({"vision_config": {"patch_size": 9}}, "image_size=224 is not a multiple of"),
            ({"vision_config": 3}, "vision_config must be an object, got 3"),
            ({"projection_dim": 0}, "projection_dim must be a whole number above 0, got 0"),
        ],
    )
    def test_settings_that_are_not_supported_are_named(self, tmp_path, settings, message):
        publish(tmp_path)
        change_config(tmp_path, **settings)
        with pytest.raises(ValueError, match=message):
            CLIP.from_pretrained(tmp_path)

    def test_a_space_without_width_is_refused(self):
        with pytest.raises(ValueError, match="d_joint=0"):
            CLIPConfig(text=CLIP_VIT_B_32.text, image=CLIP_VIT_B_32.image, d_joint=0)


class TestFilesThatDoNotFit:
    def test_missing_and_unexpected_tensors_are_named(self, tmp_path):
        publish(tmp_path)
        change_tensors(tmp_path, lambda all: all.update(scale=all.pop("logit_scale")))
        with pytest.raises(ValueError, match="lacks logit_scale; the model has no scale"):
            CLIP.from_pretrained(tmp_path)

    @pytest.mark.parametrize(
        "name",
        [
            "logit_scale",
            "text_projection.weight",
            "vision_model.embeddings.class_embedding",
            "vision_model.embeddings.patch_embedding.weight",
        ],
    )
    def test_tensors_of_another_shape_are_named(self, tmp_path, name):
        publish(tmp_path)
        change_tensors(tmp_path, lambda all: all.update({name: torch.ones(3)}))
        with pytest.raises(ValueError, match=rf"{name} has shape \(3,\)"):
            CLIP.from_pretrained(tmp_path)


LARGE_TEXT = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
}
LARGE_IMAGE = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "patch_size": 14,
}


@pytest.mark.parametrize(
    ("cfg", "text", "image", "d_joint"),
    [
        (CLIP_VIT_B_32, {}, {}, 512),
        (CLIP_VIT_B_16, {}, {"patch_size": 16}, 512),
        (CLIP_VIT_L_14, LARGE_TEXT, LARGE_IMAGE, 768),
        (CLIP_VIT_L_14_336, LARGE_TEXT, LARGE_IMAGE | {"image_size": 336}, 768),
    ],
    ids=["B/32", "B/16", "L/14", "L/14 at 336 pixels"],
)
def test_published_sizes_have_the_shapes_of_the_peer(cfg, text, image, d_joint):
    with torch.device("meta"):
        model = CLIP(cfg)
        config = transformers.CLIPConfig(
            text_config=text, vision_config=image, projection_dim=d_joint
        )
        peer = transformers.CLIPModel(config)
    ours = sorted(parameter.numel() for parameter in model.parameters())
    assert ours == sorted(parameter.numel() for parameter in peer.parameters())
    assert cfg.text.d_head == cfg.image.d_head == 64


def test_a_model_that_is_not_trained_divides_the_cosines_by_the_first_temperature():
    cfg = replace(
        CLIP_VIT_B_32,
        text=replace(CLIP_VIT_B_32.text, vocab_size=5, d_model=8, n_layers=1, d_ff=6),
        image=replace(
            CLIP_VIT_B_32.image, image_size=4, patch_size=2, d_model=12, n_layers=1, d_ff=6
        ),
    )
    assert CLIP(cfg).log_scale.exp().item() == pytest.approx(1 / 0.07)
