"""Typical mistakes in the drills of `distributed_training`."""

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "ring_seconds": [
        ("return ", "", "nothing came back"),
        (" / n_devices", " // n_devices", "ring_seconds(10, 4, 1, 0)"),
        ("2 * (n_devices - 1)", "n_devices - 1", "this is one way round"),
        ("n_bytes / n_devices / bytes_per_s", "n_bytes / bytes_per_s", "the whole vector"),
        ("n_steps * (delay_s + n", "delay_s + n_steps * (n", "the delay was paid once"),
        ("delay_s + ", "", "the delay is missing"),
        ("2 * (n_devices - 1)", "2 * n_devices", "there were 2N steps"),
    ],
    "bytes_per_device": [
        ("stage >= first", "stage >= 0", "at stage 0 nothing is divided"),
        ("{1: 12, 2: 2, 3: 2}", "{1: 2, 2: 12, 3: 2}", "the gradients were divided first"),
        ("stage >= first", "stage >= 1", "only the optimiser is divided"),
        ("{1: 12, 2: 2, 3: 2}", "{1: 8, 2: 2, 3: 2}", "a copy of the parameter and"),
        ("range(4)", "range(9)", "raised nothing"),
        ("range(4)", "range(-9, 4)", "bytes_per_device(100, 4, -1) raised nothing"),
    ],
    "split_layer": [
        (
            "added = added + torch.relu(x @ columns + bias) @ rows",
            "added = added + torch.relu(x @ columns + bias) @ rows + b_out",
            "b_out was added by each device",
        ),
        ("return added + b_out", "return added", "b_out is missing"),
        ("x @ columns + bias", "x @ columns", "b_in is missing"),
        ("torch.relu(x @ columns + bias)", "(x @ columns + bias)", "relu is missing"),
        ("added = added + torch.relu", "added = torch.relu", "only the last device counts"),
        (
            "    for columns, bias, rows in shares:\n"
            "        added = added + torch.relu(x @ columns + bias) @ rows\n"
            "    return added + b_out",
            "    return torch.relu(x @ W_in + b_in) @ W_out + b_out",
            "all four hidden units of the three rows were computed at once",
        ),
    ],
    "batches_needed": [
        ("n_waiting * (1 - most_idle)", "n_waiting", "as a share of the work"),
        ("math.ceil", "math.floor", "got      8"),
        ("math.ceil(n_waiting", "1 + int(1e-6 + n_waiting", "it is one more than is needed"),
        ("max(1, ", "max(0, ", "one stage has no bubble"),
        (" - 1e-9", "", "rounding in the last digit added 1"),
        ("math.ceil", "round", "it was rounded to the nearest"),
    ],
}
