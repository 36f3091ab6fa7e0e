"""The answers to the drills agree with the library."""

from tests.book.drill_page import DrillPage

PAGE = DrillPage("lora_and_quantization")


def test_the_answers_agree_with_the_library() -> None:
    names: dict[str, object] = {}
    drills = ("merged_weight", "n_adapter_numbers", "round_in_groups", "bits_a_weight")
    for code in (PAGE.cells[1].source, *(PAGE.answers[drill] for drill in drills), AGREEMENT):
        exec(code, names)


AGREEMENT = """
from course_lib.kernels.quantization import dequantize_int4, quantize_int4
from course_lib.training.low_rank import LowRankLinear

own = torch.Generator().manual_seed(0)
layer = LowRankLinear(nn.Linear(64, 8, bias=False), 3, 0.5, own)
layer.up.data = torch.randn(3, 8, generator=own)
merged = merged_weight(layer.base.weight, layer.down, layer.up, layer.scale)
torch.testing.assert_close(merged, layer.merged().weight)
assert n_adapter_numbers([(64, 8)], 3) == layer.down.numel() + layer.up.numel()

weight = torch.randn(8, 64, generator=own)
kept = quantize_int4(weight, 16)
torch.testing.assert_close(round_in_groups(weight, 4, 16), dequantize_int4(kept))
n_bits = 8 * (kept.packed.nbytes + kept.scale.nbytes)
assert n_bits == bits_a_weight(4, 16, 32) * weight.numel()
"""
