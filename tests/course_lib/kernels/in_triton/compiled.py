"""Compiles every kernel, in its first configuration, for a GPU that need not be there.

What the interpreter lets pass the compiler may refuse.
"""

import json

from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile

from course_lib.kernels.flash_triton_backward import delta_kernel, keys_kernel, queries_kernel
from course_lib.kernels.flash_triton_forward import forward_kernel

HOPPER = GPUTarget("cuda", 90, 32)
SHARED_MEMORY = 227 * 1024  # bytes that one program may use there
FLOAT32 = ("lse_ptr", "d_lse_ptr", "delta_ptr")


def compiled(kernel, fixed, **options):
    types = {"scale": "fp32"}
    for name in kernel.arg_names:
        if name in fixed:
            types[name] = "constexpr"
        elif name.endswith("_ptr"):
            types[name] = "*fp32" if name in FLOAT32 else "*bf16"
        else:
            types.setdefault(name, "i32")
    types = {name: types[name] for name in kernel.arg_names}
    # As at a launch: memory of torch's begins at multiples of 16 bytes.
    places = {
        (at,): [["tt.divisibility", 16]]
        for at, name in enumerate(kernel.arg_names)
        if name.endswith("_ptr")
    }
    source = ASTSource(fn=kernel, signature=types, constexprs=fixed, attrs=places)
    return compile(source, target=HOPPER, options=options)


def facts(kernel):
    for d_head in (64, 128):
        config = kernel.configs[0]
        fixed = {"CAUSAL": True, "D_HEAD": d_head, **config.kwargs}
        options = {"num_warps": config.num_warps, "num_stages": config.num_stages}
        done = compiled(kernel.fn, fixed, **options)
        yield {
            "kernel": kernel.fn.__name__,
            "d_head": d_head,
            "fits": done.metadata.shared <= SHARED_MEMORY,
            "matrix units": "wgmma.mma_async" in done.asm["ptx"],
        }


if __name__ == "__main__":
    compiled(delta_kernel, {"D_HEAD": 128, "BLOCK": 64})
    kernels = (forward_kernel, queries_kernel, keys_kernel)
    print(json.dumps([fact for kernel in kernels for fact in facts(kernel)]))
