import pytest
import torch
import torch.nn.functional as F

from course_lib.patches import PatchEmbedding, join_patches, patchify

B, CHANNELS, ROWS, COLUMNS, P, D = 2, 5, 3, 4, 6, 7
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class TestPatchify:
    def test_hand_worked_case(self):
        # A 2 × 4 image whose channels hold 0…7 and 10…17: two patches, and in each of them the
        # two channels of a pixel stand side by side.
        plane = torch.arange(8.0).reshape(2, 4)
        patches = patchify(torch.stack([plane, plane + 10])[None], patch_size=2)
        assert patches.tolist() == [
            [[0, 10, 1, 11, 4, 14, 5, 15], [2, 12, 3, 13, 6, 16, 7, 17]],
        ]

    def test_matches_loops(self):
        images = rand(B, CHANNELS, ROWS * P, COLUMNS * P)
        patches = patchify(images, P)
        assert patches.shape == (B, ROWS * COLUMNS, P * P * CHANNELS)
        for b in range(B):
            for row in range(ROWS):
                for column in range(COLUMNS):
                    pixels = [
                        images[b, :, row * P + y, column * P + x]
                        for y in range(P)
                        for x in range(P)
                    ]
                    assert torch.equal(patches[b, row * COLUMNS + column], torch.cat(pixels))

    def test_no_pixel_is_lost(self):
        images = rand(B, CHANNELS, ROWS * P, COLUMNS * P)
        assert torch.equal(patchify(images, P).flatten().sort()[0], images.flatten().sort()[0])

    def test_a_patch_of_one_pixel_is_a_pixel(self):
        images = rand(B, CHANNELS, ROWS, COLUMNS)
        assert torch.equal(patchify(images, 1), images.flatten(2).mT)

    @pytest.mark.parametrize(("height", "width", "patch_size"), [(8, 6, 4), (6, 8, 4), (4, 4, 0)])
    def test_patches_that_do_not_fill_the_image_are_refused(self, height, width, patch_size):
        message = rf"patches of {patch_size} pixels do not fill {height} × {width}"
        with pytest.raises(ValueError, match=message):
            patchify(rand(B, CHANNELS, height, width), patch_size)


def embedding(**changes):
    sizes = {"image_size": 4 * P, "patch_size": P, "n_channels": CHANNELS, "d_model": D}
    model = PatchEmbedding(**(sizes | changes)).double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return model


class TestPatchEmbedding:
    @pytest.mark.parametrize("has_bias", [True, False])
    def test_is_a_convolution_behind_a_class_token(self, has_bias):
        model, images = embedding(has_bias=has_bias), rand(B, CHANNELS, 4 * P, 4 * P)
        assert (model.projection.bias is not None) == has_bias
        kernel = model.projection.weight.reshape(D, P, P, CHANNELS).permute(0, 3, 1, 2)
        patches = F.conv2d(images, kernel, model.projection.bias, stride=P).flatten(2).mT
        x = model(images)
        assert x.shape == (B, 1 + 16, D)
        table = model.positions.table
        torch.testing.assert_close(x[:, 1:], patches + table[1:], **TIGHT)
        for row in x:
            torch.testing.assert_close(row[0], model.class_token + table[0], **TIGHT)

    def test_there_are_as_many_positions_for_images_of_one_channel(self):
        model = embedding(n_channels=1)
        assert model.positions.table.shape == (17, D)
        assert model.projection.bias is not None

    def test_a_gradient_reaches_the_pixels_and_all_that_is_learned(self):
        model, images = embedding(), rand(B, CHANNELS, 4 * P, 4 * P).requires_grad_()
        found = torch.autograd.grad(model(images).sum(), [images, *model.parameters()])
        assert all(gradient.any() for gradient in found)

    @pytest.mark.parametrize(
        "shape", [(CHANNELS, 4 * P, 5 * P), (CHANNELS, 3 * P, 4 * P), (CHANNELS - 1, 4 * P, 4 * P)]
    )
    def test_images_of_another_shape_are_refused(self, shape):
        with pytest.raises(ValueError, match=r"have shape \(\d+, \d+, \d+\), not \(5, 24, 24\)"):
            embedding()(rand(B, *shape))

    @pytest.mark.parametrize(
        "change", [{"patch_size": 5}, {"image_size": 0}, {"patch_size": 0}, {"n_channels": 0}]
    )
    def test_sizes_that_do_not_fit_are_refused(self, change):
        ((name, size),) = change.items()
        with pytest.raises(ValueError, match=f"{name}={size}.* into patches"):
            embedding(**change)


class TestJoinPatches:
    def test_it_undoes_patchify(self):
        images = torch.arange(2 * 3 * 4 * 10.0).reshape(2, 3, 4, 10)
        assert torch.equal(join_patches(patchify(images, 2), 2, 3), images)

    def test_by_hand(self):
        patches = torch.tensor([[[1.0, 2.0, 4.0, 5.0], [3.0, 0.0, 6.0, 0.0]]])
        expected = torch.tensor([[[[1.0, 2.0, 3.0, 0.0], [4.0, 5.0, 6.0, 0.0]]]])
        assert torch.equal(join_patches(patches, 1, 1), expected)

    @pytest.mark.parametrize(("n_rows", "n_channels"), [(0, 1), (4, 1), (2, 3), (2, 0)])
    def test_what_does_not_fit_is_refused(self, n_rows, n_channels):
        with pytest.raises(ValueError, match="6 patches of 4 numbers"):
            join_patches(torch.zeros(1, 6, 4), n_rows, n_channels)
