"""Typical mistakes in the drills of `interpretability`."""

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "where_to_look": [
        ("last_place.get(token, -2) + 1", "last_place.get(token, -1)", "one place further"),
        ("last_place[token] = place", "last_place.setdefault(token, place)", "first occurrence"),
        ("get(token, -2) + 1", "get(token, -1) + 1", "no place to look at: -1"),
        ("torch.tensor(places)", "places", "is a list, expected a tensor"),
        (
            "        places.append(last_place.get(token, -2) + 1)\n"
            "        last_place[token] = place\n",
            "        last_place[token] = place\n"
            "        places.append(last_place.get(token, -2) + 1)\n",
            "only earlier places count",
        ),
    ],
    "telling_apart": [
        (".abs()", "", "these have a sign"),
        (".abs() / spread", ".abs()", "this is the gap alone"),
        ("(activations - own_mean)", "(activations - activations.mean(dim=0))", "of all rows"),
        (".sqrt()", "", "divided by the variance"),
        (
            "(activations - own_mean).square().mean(dim=0).sqrt()",
            "((activations[labels].var(0, correction=0)"
            " + activations[~labels].var(0, correction=0)) / 2).sqrt()",
            "each group counted alike",
        ),
    ],
    "labels_by_lot": [
        (
            "    n_words = int(token_ids.max()) + 1\n"
            "    drawn = torch.rand(n_words, generator=generator) < 0.5\n"
            "    return drawn[token_ids]",
            "    return torch.rand(len(token_ids), generator=generator) < 0.5",
            "each place got a coin of its own",
        ),
        (
            "    n_words = int(token_ids.max()) + 1\n"
            "    drawn = torch.rand(n_words, generator=generator) < 0.5\n"
            "    return drawn[token_ids]",
            "    words, places = token_ids.unique(return_inverse=True)\n"
            "    return (torch.rand(len(words), generator=generator) < 0.5)[places]",
            "for the words that occur alone",
        ),
        ("< 0.5", "> 0.5", "yes and no are exchanged"),
        (" < 0.5", "", "these are the numbers drawn"),
        ("torch.rand(n_words, generator=generator)", "torch.rand(n_words)", "the result at"),
    ],
    "answer_gap": [
        (
            "logits[each_text, right] - logits[each_text, wrong]",
            "logits[each_text, wrong] - logits[each_text, right]",
            "the sign is turned round",
        ),
        (
            "logits[each_text, right] - logits[each_text, wrong]",
            "logits[:, right] - logits[:, wrong]",
            "every row was asked",
        ),
        (
            "logits[each_text, right] - logits[each_text, wrong]",
            "(logits[each_text, right] - logits[each_text, wrong]).mean()",
            "this is the mean",
        ),
        (
            "each_text = torch.arange(len(logits))",
            "each_text, logits = torch.arange(len(logits)), logits.softmax(dim=-1)",
            "differences of probabilities",
        ),
        (
            "logits[each_text, right] - logits[each_text, wrong]",
            "(logits[each_text, right] - logits[each_text, wrong]).abs()",
            "whose last text is answered wrongly",
        ),
    ],
    "share_restored": [
        ("(patched - corrupt) / whole_way", "patched / clean", "this is patched / clean"),
        ("(patched - corrupt)", "(clean - patched)", "still missing"),
        (" / whole_way", "", "asked for is its share"),
        ("clean - corrupt", "abs(clean - corrupt)", "is 0.25, expected -0.25"),
    ],
}
