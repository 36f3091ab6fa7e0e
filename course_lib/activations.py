"""The bends between the projections of a feed-forward layer, as public models use them.

Each takes and gives a tensor of any shape, number by number.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

# Φ(x) is close to the logistic function of this many times x.
LOGISTIC_STEEPNESS = 1.702


def gelu_exact(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Let each number through in proportion to the normal distribution below it: x Φ(x).

    Implements Hendrycks and Gimpel 2016 (arXiv:1606.08415), section 2. BERT and ViT use it as
    published on the Hugging Face hub; the code that Google published with BERT has `gelu_tanh`.
    """
    return F.gelu(x)


def gelu_tanh(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Approximate `gelu_exact` with a hyperbolic tangent: x (1 + tanh(√(2/π)(x + 0.044715 x³)))/2.

    Implements Hendrycks and Gimpel 2016 (arXiv:1606.08415), section 2. GPT-2 and Gemma use it.
    """
    return F.gelu(x, approximate="tanh")


def gelu_sigmoid(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Approximate `gelu_exact` with a logistic function; off by up to 0.02.

    Implements Hendrycks and Gimpel 2016 (arXiv:1606.08415), section 2. CLIP uses it, under the
    name of quick GELU.
    """
    return x * torch.sigmoid(LOGISTIC_STEEPNESS * x)
