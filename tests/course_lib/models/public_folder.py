"""Writes folders as they lie on the Hugging Face hub; no test is in here."""

import json

from safetensors.torch import load_file, save_file


def write_config(folder, settings):
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")


def change_config(folder, **settings):
    write_config(folder, json.loads((folder / "config.json").read_text()) | settings)


def add_tensors(folder, tensors):
    path = folder / "model.safetensors"
    save_file(load_file(path) | tensors, path)
