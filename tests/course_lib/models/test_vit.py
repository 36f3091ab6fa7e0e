import json

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from course_lib.models.vit import (
    VIT_BASE_16,
    VIT_HUGE_14,
    VIT_LARGE_16,
    ViT,
    ViTClassifier,
    ViTConfig,
)
from tests.course_lib.models.peer import FLOAT32, FLOAT64, DoubleThroughout, randomise
from tests.course_lib.models.public_folder import change_config

B, CHANNELS, IMAGE, D, N_CLASSES = 4, 2, 20, 12, 9
SIZES = {
    "image_size": IMAGE,
    "patch_size": 5,
    "num_channels": CHANNELS,
    "hidden_size": D,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "intermediate_size": 14,
    "layer_norm_eps": 1e-3,  # large enough to be missed
    "num_labels": N_CLASSES,
}
PRECISIONS = [(torch.float32, FLOAT32), (torch.float64, FLOAT64)]


def publish(folder, kind=transformers.ViTForImageClassification, dtype=torch.float64, **changes):
    """Write a random model as the hub has it, and return it."""
    peer = randomise(kind(transformers.ViTConfig(**(SIZES | changes))).to(dtype))
    peer.save_pretrained(folder)
    return peer


def images(dtype=torch.float64, size=IMAGE):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(B, CHANNELS, size, size, dtype=dtype, generator=generator)


def change_tensors(folder, change):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


class TestParity:
    @pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
    def test_classes(self, tmp_path, dtype, tolerance):
        peer = publish(tmp_path, dtype=dtype)
        model = ViTClassifier.from_pretrained(tmp_path, dtype)
        expected = peer(images(dtype)).logits
        assert expected.shape == (B, N_CLASSES)
        torch.testing.assert_close(model(images(dtype)), expected, **tolerance)

    @pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
    def test_body(self, tmp_path, dtype, tolerance):
        peer = publish(tmp_path, transformers.ViTModel, dtype)
        model = ViT.from_pretrained(tmp_path, dtype)
        expected = peer(images(dtype)).last_hidden_state
        torch.testing.assert_close(model(images(dtype)).x, expected, **tolerance)

    def test_body_of_a_file_with_a_head_and_prefix(self, tmp_path):
        peer = publish(tmp_path)
        assert "vit.layernorm.weight" in load_file(tmp_path / "model.safetensors")
        out = ViT.from_pretrained(tmp_path, torch.float64)(images())
        torch.testing.assert_close(out.x, peer.vit(images()).last_hidden_state, **FLOAT64)

    def test_without_biases_of_queries_keys_and_values(self, tmp_path):
        peer = publish(tmp_path, qkv_bias=False)
        model = ViTClassifier.from_pretrained(tmp_path, torch.float64)
        attention = model.body.encoder.blocks[0].attention
        assert attention.to_q.bias is attention.to_k.bias is attention.to_v.bias is None
        torch.testing.assert_close(model(images()), peer(images()).logits, **FLOAT64)

    def test_attention_weights(self, tmp_path):
        peer = publish(tmp_path)
        peer.set_attn_implementation("eager")
        model = ViT.from_pretrained(tmp_path, torch.float64)
        out = model(images(), keep_weights=True)
        with DoubleThroughout():
            expected = peer(images(), output_attentions=True).attentions
        assert len(out.weights) == len(expected) == 2
        for ours, theirs in zip(out.weights, expected, strict=True):
            torch.testing.assert_close(ours, theirs, **FLOAT64)
        assert model(images()).weights == ()

    def test_two_classes_are_not_written_down(self, tmp_path):
        peer = publish(tmp_path, num_labels=2)
        assert "id2label" not in json.loads((tmp_path / "config.json").read_text())
        model = ViTClassifier.from_pretrained(tmp_path, torch.float64)
        torch.testing.assert_close(model(images()), peer(images()).logits, **FLOAT64)


class TestFilesThatDoNotFit:
    @pytest.fixture
    def folder(self, tmp_path):
        publish(tmp_path)
        return tmp_path

    def test_missing_and_unexpected_tensors_are_named(self, folder):
        def rename(tensors):
            tensors["vit.embeddings.mask_token"] = tensors.pop("vit.layernorm.bias")

        change_tensors(folder, rename)
        message = r"lacks layernorm\.bias; the model has no embeddings\.mask_token"
        for kind in (ViT, ViTClassifier):
            with pytest.raises(ValueError, match=message):
                kind.from_pretrained(folder)

    @pytest.mark.parametrize(
        ("name", "shape"),
        [
            ("vit.embeddings.patch_embeddings.projection.weight", (D, CHANNELS, 5, 4)),
            ("vit.embeddings.patch_embeddings.projection.weight", (D,)),
            ("vit.embeddings.cls_token", (1, 1, D + 1)),
            ("vit.embeddings.position_embeddings", (1, 16, D)),
            ("vit.embeddings.position_embeddings", (2, 17, D)),
            ("classifier.bias", (N_CLASSES + 1,)),
        ],
    )
    def test_tensors_of_another_shape_are_named(self, folder, name, shape):
        change_tensors(folder, lambda tensors: tensors.update({name: torch.ones(shape)}))
        public_name = name.removeprefix("vit.").replace(".", r"\.")
        with pytest.raises(ValueError, match=rf"{public_name} has shape"):
            ViTClassifier.from_pretrained(folder)

    def test_a_body_alone_is_no_classifier(self, tmp_path):
        publish(tmp_path, transformers.ViTModel)
        with pytest.raises(ValueError, match=r"lacks classifier\.bias, classifier\.weight"):
            ViTClassifier.from_pretrained(tmp_path)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"model_type": "deit"}, "model_type='deit' is not supported"),
            ({"hidden_act": "relu"}, "hidden_act='relu' is not supported"),
            (
                {"image_size": [20, 30]},
                r"image_size must be a whole number above 0, got \[20, 30\]",
            ),
            ({"patch_size": 6}, r"image_size=20 is not a multiple of self\.patch_size=6"),
            ({"num_attention_heads": 5}, r"d_model=12 is not a multiple of self\.n_heads=5"),
            ({"id2label": ["a", "b"]}, "id2label must be an object"),
        ],
    )
    def test_settings_that_are_not_supported_are_named(self, folder, settings, message):
        change_config(folder, **settings)
        with pytest.raises(ValueError, match=message):
            ViTClassifier.from_pretrained(folder)

    def test_a_missing_file_is_named(self, folder):
        (folder / "model.safetensors").unlink()
        with pytest.raises(FileNotFoundError, match=r"no model\.safetensors"):
            ViT.from_pretrained(folder)


class TestSizes:
    def test_images_of_another_size_are_refused(self, tmp_path):
        publish(tmp_path)
        with pytest.raises(ValueError, match=r"shape \(2, 25, 25\), not \(2, 20, 20\)"):
            ViT.from_pretrained(tmp_path, torch.float64)(images(size=25))

    @pytest.mark.parametrize("name", ["image_size", "patch_size", "n_channels"])
    def test_a_size_below_one_is_refused(self, name):
        sizes = {"image_size": 4, "patch_size": 2, "n_channels": 1} | {name: 0}
        with pytest.raises(ValueError, match=f"at least 1.*{name}=0"):
            ViTConfig(**sizes, d_model=4, n_heads=2, n_layers=1, d_ff=3)

    @pytest.mark.parametrize(
        ("cfg", "settings"),
        [
            (VIT_BASE_16, {}),
            (
                VIT_LARGE_16,
                {
                    "hidden_size": 1024,
                    "num_hidden_layers": 24,
                    "num_attention_heads": 16,
                    "intermediate_size": 4096,
                },
            ),
            (
                VIT_HUGE_14,
                {
                    "patch_size": 14,
                    "hidden_size": 1280,
                    "num_hidden_layers": 32,
                    "num_attention_heads": 16,
                    "intermediate_size": 5120,
                },
            ),
        ],
        ids=["base", "large", "huge"],
    )
    def test_published_sizes_have_the_shapes_of_the_peer(self, cfg, settings):
        with torch.device("meta"):
            model = ViTClassifier(cfg, n_classes=1000)
            config = transformers.ViTConfig(**settings, num_labels=1000)
            peer = transformers.ViTForImageClassification(config)
        assert cfg.norm_eps == config.layer_norm_eps
        ours = sorted(parameter.numel() for parameter in model.parameters())
        assert ours == sorted(parameter.numel() for parameter in peer.parameters())

    def test_models_that_are_not_trained_score_all_classes_about_alike(self):
        cfg = ViTConfig(image_size=8, patch_size=2, d_model=12, n_heads=3, n_layers=2, d_ff=20)
        model = ViTClassifier(cfg, N_CLASSES)
        logits = model(torch.zeros(1, 3, 8, 8))
        assert logits.isfinite().all()
        assert logits.std().item() < 2
