"""Calls `flash_attention_triton` on a CPU although the kernels are to be compiled."""

import json

from course_lib.kernels.flash_triton import flash_attention_triton
from tests.course_lib.kernels.dense import qkv

if __name__ == "__main__":
    try:
        flash_attention_triton(*(x.float() for x in qkv(1, 2, 2, 5, 7, 16, 16)))
    except ValueError as error:
        print(json.dumps(str(error)))
