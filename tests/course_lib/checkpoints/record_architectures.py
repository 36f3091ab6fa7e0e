"""Record what the public implementations make of tiny random models.

    python -m tests.course_lib.checkpoints.record_architectures

writes `course_lib/checkpoints/public_architectures/`; no test is in here.
"""

import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors.torch import save_file

from course_lib.checkpoints.public_architectures import FOLDER, REFERENCE_NAME
from tests.course_lib.models.peer import randomise

B, T, T_SOURCE, V = 2, 7, 5, 19
# Random, or of one run's environment: not of the model.
FORGOTTEN = ("transformers_version", "_name_or_path", "dtype", "torch_dtype")


def peers():
    """Make one small model of each kind, with shapes that its published sizes have too."""
    torch.manual_seed(0)
    yield (
        "gpt2",
        transformers.GPT2LMHeadModel(
            transformers.GPT2Config(
                vocab_size=V,
                n_positions=11,
                n_embd=8,
                n_layer=2,
                n_head=2,
                bos_token_id=0,
                eos_token_id=0,
            )
        ),
    )
    yield (
        "llama",
        transformers.LlamaForCausalLM(
            transformers.LlamaConfig(
                vocab_size=V,
                max_position_embeddings=11,
                hidden_size=16,
                intermediate_size=20,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                bos_token_id=0,
                eos_token_id=0,
            )
        ),
    )
    yield (
        "bert",
        transformers.BertForMaskedLM(
            transformers.BertConfig(
                vocab_size=V,
                max_position_embeddings=11,
                hidden_size=8,
                intermediate_size=12,
                num_hidden_layers=2,
                num_attention_heads=2,
            )
        ),
    )
    yield (
        "t5",
        transformers.T5ForConditionalGeneration(
            transformers.T5Config(
                vocab_size=V,
                d_model=8,
                d_kv=3,
                d_ff=12,
                num_layers=2,
                num_heads=2,
                relative_attention_num_buckets=8,
                relative_attention_max_distance=16,
                decoder_start_token_id=0,
            )
        ),
    )


@torch.no_grad()
def record(folder: Path) -> None:
    """Write a folder for each."""
    transformers.utils.logging.disable_progress_bar()
    for name, peer in peers():
        randomise(peer, seed=7)
        peer.save_pretrained(folder / name)
        (folder / name / "generation_config.json").unlink(missing_ok=True)
        _forget(folder / name / "config.json")
        inputs = {"token_ids": _tokens(T, 1)}
        if name == "t5":
            inputs["source_ids"] = _tokens(T_SOURCE, 2)
            logits = peer(
                input_ids=inputs["source_ids"], decoder_input_ids=inputs["token_ids"]
            ).logits
        else:
            logits = peer(inputs["token_ids"]).logits
        save_file({**inputs, "logits": logits.contiguous()}, folder / name / REFERENCE_NAME)


def _tokens(n: int, seed: int) -> torch.Tensor:
    return torch.randint(V, (B, n), generator=torch.Generator().manual_seed(seed))


def _forget(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    kept = {name: value for name, value in settings.items() if name not in FORGOTTEN}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(FOLDER)
