"""Where the parameters of a BERT stand in its published files, of today and of 2018."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from course_lib.models.public_checkpoint import Source, linear, norm

_BLOCK, _PUBLIC_BLOCK = "encoder.blocks.*", "encoder.layer.*"
SOURCES = {
    **linear("embedding", "embeddings.word_embeddings"),
    "positions.table": Source("embeddings.position_embeddings.weight"),
    **linear("segments", "embeddings.token_type_embeddings"),
    **norm("embedding_norm", "embeddings.LayerNorm"),
    **linear(f"{_BLOCK}.attention.to_q", f"{_PUBLIC_BLOCK}.attention.self.query"),
    **linear(f"{_BLOCK}.attention.to_k", f"{_PUBLIC_BLOCK}.attention.self.key"),
    **linear(f"{_BLOCK}.attention.to_v", f"{_PUBLIC_BLOCK}.attention.self.value"),
    **linear(f"{_BLOCK}.attention.to_out", f"{_PUBLIC_BLOCK}.attention.output.dense"),
    **norm(f"{_BLOCK}.attention_norm", f"{_PUBLIC_BLOCK}.attention.output.LayerNorm"),
    **linear(f"{_BLOCK}.feed_forward.to_hidden", f"{_PUBLIC_BLOCK}.intermediate.dense"),
    **linear(f"{_BLOCK}.feed_forward.to_out", f"{_PUBLIC_BLOCK}.output.dense"),
    **norm(f"{_BLOCK}.feed_forward_norm", f"{_PUBLIC_BLOCK}.output.LayerNorm"),
    **linear("pooler", "pooler.dense"),
    **linear("to_word", "cls.predictions.transform.dense"),
    **norm("word_norm", "cls.predictions.transform.LayerNorm"),
    "word_bias": Source("cls.predictions.bias"),
    "unembedding.weight": Source("cls.predictions.decoder.weight"),
    **linear("to_pair", "cls.seq_relationship"),
}
"""Where each parameter stands. A model with tied embeddings has no unembedding of its own."""

SUPERFLUOUS = ("embeddings.position_ids", "cls.predictions.decoder.weight")
"""What old files hold besides: numbers of the positions, and a copy of tied embeddings."""


def names_of_today(found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Name tensors as in `SOURCES`, whatever the age of their file and the heads in it.

    Files with heads put `bert.` before the names of the body. The first files of all call a gain
    gamma and a bias beta. Where the scores have two biases, that of the decoder is the one in use:
    the other is a copy of it, or a rest.
    """
    renamed = {_name_of_today(name): tensor for name, tensor in found.items()}
    if "cls.predictions.decoder.bias" in renamed:
        renamed["cls.predictions.bias"] = renamed.pop("cls.predictions.decoder.bias")
    return renamed


def _name_of_today(name: str) -> str:
    name = name.removeprefix("bert.")
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )


def heads_among(found: Iterable[str]) -> dict[str, bool]:
    """Say which heads a file has: settings of a `BertConfig`, which config.json leaves open."""
    names = tuple(found)
    has_pair_head = any(name.startswith("cls.seq_relationship.") for name in names)
    return {
        "has_pooler": has_pair_head or any(name.startswith("pooler.") for name in names),
        "has_word_head": any(name.startswith("cls.predictions.") for name in names),
        "has_pair_head": has_pair_head,
    }
