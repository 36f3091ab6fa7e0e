"""Typical mistakes in the drills of `pytorch_refresher`."""

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "word_shares": [
        ("counts.to(torch.float64) / counts.sum()", "counts // counts.sum()", "rounded down"),
        ("counts.to(torch.float64)", "counts", "in float32, the default"),
        ("counts.sum()", "counts.max()", "by the largest of them, not by their sum"),
        (
            "counts.to(torch.float64) / counts.sum()",
            "(counts / counts.sum()).double()",
            "they were divided in float32",
        ),
    ],
    "hide_start": [
        ("x.clone()", "x", "the argument itself was changed"),
        ("x.clone()", "x[:]", "the argument itself was changed"),
        ("return hidden", "return hidden[n_padding:]", "the rows were cut off"),
        ("hidden[:n_padding] = 0", "hidden[-n_padding:] = 0", "the last rows were hidden"),
        (
            "    hidden[:n_padding] = 0",
            "    if n_padding:\n        hidden[0] = 0",
            "hide_start(x, 2)",
        ),
    ],
    "one_row_each": [
        ("x.transpose(0, 1).flatten(1)", "x.reshape(x.shape[1], -1)", "mixes two sequences"),
        ("x.transpose(0, 1).flatten(1)", "x.flatten(1)", "a row for each position"),
        ("x.transpose(0, 1).flatten(1)", "x.transpose(0, 1)", "has shape (3, 2, 1), expected"),
        ("x.transpose(0, 1)", "x.permute(1, 2, 0)", "the positions were put innermost"),
    ],
    "scale_rows": [
        (", keepdim=True", "", "each column was divided by the number of a row"),
        (".amax(dim=-1, keepdim=True)", ".max()", "everything was divided by one number"),
        ("x.abs().amax", "x.amax", "its largest absolute value is 2"),
        ("dim=-1", "dim=1", "the second axis was reduced"),
    ],
    "second_moments": [
        ("bti, btj -> bij", "bit, bjt -> bij", "positions were multiplied with positions"),
        (" / x.shape[1]", "", "not divided by the number of positions"),
        ("x.shape[1]", "x.shape[2]", "divided by the number of columns"),
        ("bti, btj -> bij", "bti, btj -> ij", "the axis of the batch is gone"),
    ],
    "best_allowed": [
        ("-torch.inf", "0.0", "0 is not small enough"),
        ("-torch.inf", "-1e9", "what you put there is not always smallest"),
        ("~mask", "mask", "the mask was read the wrong way round"),
        (".masked_fill(~mask, -torch.inf)", "", "the mask was not used"),
        (".argmax(dim=-1)", ".amax(dim=-1)", "these are the scores"),
    ],
    "share_of_answer": [
        ("softmax(dim=-1)", "softmax(dim=1)", "softmax ran over the positions"),
        ("softmax(dim=-1)", "softmax(dim=0)", "softmax ran over the batch"),
        ("[..., None])[..., 0]", "[..., None])", "an axis of length 1 is left"),
        (".softmax(dim=-1)", "", "they have not been through softmax"),
    ],
    "slopes": [
        ("x.detach().clone().requires_grad_()", "x.requires_grad_()", "x was switched to"),
        ("(place), place)", "(place), place, create_graph=True)", "it still carries notes"),
        (
            "    (gradient,) = torch.autograd.grad(function(place), place)\n    return gradient",
            "    function(place).backward()\n    return place.grad * (1 + x.requires_grad)",
            "the gradients of both calls were added up",
        ),
        (
            "x.detach().clone().requires_grad_()\n"
            "    (gradient,) = torch.autograd.grad(function(place), place)\n    return gradient",
            "x.clone().requires_grad_()\n    function(place).backward()\n    return place.grad",
            "a copy of a parameter is computed from it",
        ),
    ],
    "n_trainable": [
        ("model.parameters() if weight.requires_grad", "model.state_dict().values()", "the buffer"),
        (" if weight.requires_grad", "", "the frozen parameter was counted too"),
        ("weight.numel()", "1", "the numbers in them"),
    ],
    "fit": [
        ("        optimiser.zero_grad()\n", "", "earlier batches were kept and added up"),
        ("        optimiser.step()\n", "", "no step was taken"),
        ("loss.item()", "loss.detach()", "'Tensor', expected 'float'"),
        ("torch.optim.AdamW", "torch.optim.Adam", "asked for was AdamW"),
        (
            "        loss.backward()",
            "        optimiser = torch.optim.AdamW(model.parameters(), lr=lr)\n"
            "        loss.backward()",
            "a new optimiser was made for each batch",
        ),
    ],
}

# What the check of a drill needs of the demonstrations before it.
NEEDS = {"n_trainable": ["class Tied"]}
