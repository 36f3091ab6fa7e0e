"""Typical mistakes in the drills of `retrieval_in_practice`."""

# Drill → what is replaced in the answer, what stands there instead, and words of the fault.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "windows": [
        ("len(words), size - overlap)", "len(words), size)", "the step was the size"),
        ("            break\n", "            pass\n", "lies wholly inside the one before it"),
        ("len(words), size - overlap)", "len(words), overlap)", "the step was the overlap"),
        (
            "len(words), size - overlap)",
            "len(words) - size + 1, size - overlap)",
            "the end of the text is lost",
        ),
    ],
    "weighted_fusion": [
        ("-sums[name]", "sums[name]", "from the worst to the best"),
        (
            "return sorted(sums, ",
            "return sorted(set.intersection(*map(set, rankings)), ",
            "only",
        ),
        ("weight / (60", "1 / (60", "the weights were not used"),
        ("(60 + place)", "place", "without the 60"),
        ("start=1", "start=0", "counted from 0"),
        (
            "sums.get(name, 0.0) + weight / (60 + place)",
            "max(sums.get(name, 0.0), weight / (60 + place))",
            "only the better place",
        ),
        ("sums.get(name, 0.0) + weight", "weight", "only the last place"),
    ],
    "index_changes": [
        ("indexed.get(key) != print_now", "key not in indexed", "another text under the same"),
        (
            "indexed.get(key) != print_now",
            "indexed.get(key, print_now) != print_now",
            "nobody would ever find it",
        ),
        (" if indexed.get(key) != print_now", "", "embedding is what costs"),
        ("sorted(key for", "list(key for", "not sorted"),
        ("indexed.keys() - current.keys()", "()", "is still found"),
        (
            "indexed.keys() - current.keys()",
            "dict(indexed.items() - current.items())",
            "it is replaced, and not removed",
        ),
    ],
    "unsupported": [
        ("not plain(quote) or ", "", "an empty quote promises nothing"),
        ('sources.get(key, "")', '" ".join(sources.values())', "not in the one that it names"),
        ("text.lower().split()", "text.split()", "capital letters make no difference"),
        ('" ".join(', '"".join(', "white space may be of any amount"),
        ("text.lower()", 'text.lower().rstrip("!.")', "everything but capitals and white space"),
        ('" ".join(text.lower().split())', "text.lower().strip()", "white space is all the"),
        (
            'plain(quote) not in plain(sources.get(key, ""))',
            'not set(plain(quote).split()) <= set(plain(sources.get(key, "")).split())',
            "not these words one after the other",
        ),
    ],
}
