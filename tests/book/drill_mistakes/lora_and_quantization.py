"""Typical mistakes in the drills of `lora_and_quantization`."""

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "n_adapter_numbers": [
        ("rank * (d_in + d_out)", "d_in * d_out", "of the matrices themselves"),
        ("rank * (d_in + d_out)", "rank * d_in * d_out", "the widths were multiplied"),
        ("(d_in + d_out)", "d_in", "the first shape alone, or of each only the matrix into"),
        ("(d_in + d_out)", "d_out", "only the matrices out of the narrow place"),
        ("rank * (d_in + d_out)", "d_in + d_out", "the rank was left out"),
    ],
    "merged_weight": [
        ("change.mT", "change", "lies the wrong way round"),
        ("scale * (down @ up)", "down @ up", "the change was not scaled"),
        ("weight + change.mT", "weight", "the change was not added"),
        ("weight + change.mT", "weight.add_(change.mT)", "the argument itself was changed"),
    ],
    "share_kept": [
        (".square()", "", "length counts by their squares"),
        ("squares[:rank]", "squares[rank:]", "the share that is lost"),
        (" / squares.sum()", "", "not its share"),
        (").item()", ").sqrt().item()", "asked for is that of the squared length"),
    ],
    "round_in_groups": [
        ("(-1, n_per_scale)", "(1, -1)", "the whole row shared one scale"),
        ("(2 ** (n_bits - 1) - 1)", "2 ** (n_bits - 1)", "became 8"),
        ("(2 ** (n_bits - 1) - 1)", "(2**n_bits - 1)", "became 15"),
        ("(groups / step).round()", "(groups / step + 1e-4).floor()", "it was rounded down"),
        (".round() * step", ".round()", "these are the whole numbers"),
        ("(groups / step).round()", "(groups / step)", "nothing was rounded"),
        (".abs()", "", "take sizes"),
    ],
    "bits_a_weight": [
        ("return ", "", "nothing came back"),
        (" / n_per_scale", "", "each weight was given a whole scale"),
        (" + scale_bits / n_per_scale", "", "the scales were left out"),
        (
            "n_bits + scale_bits / n_per_scale",
            "(n_bits + scale_bits) / n_per_scale",
            "the bits of the weight were shared out as well",
        ),
    ],
    "training_bytes": [
        ("return ", "", "nothing came back"),
        (" / 8", " // 8", "training_bytes(3, 0, 4)"),
        (" / 8", "", "bits were taken for bytes"),
        ("n_frozen * frozen_bits / 8", "n_frozen * 16", "the frozen numbers were counted with"),
        ("16 * n_trained", "n_trained * frozen_bits / 8", "as if they were frozen"),
        (" + 16 * n_trained", "", "the trained numbers were left out"),
        ("16 * n_trained", "8 * 16 * n_trained", "16 bytes were turned into bits"),
    ],
}
