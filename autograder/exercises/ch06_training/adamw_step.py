"""Answers to the exercise about AdamW: mistakes, and other right ways."""

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.ch06_training.adamw_step_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The decay is added to the gradient. There it is averaged and divided by √v as the gradient "
    "is, so that numbers with large gradients hardly decay. AdamW takes it off the parameter "
    "directly: use the gradient as it is."
)
def decay_through_the_gradient(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Add the derivative of a squared penalty, as Adam did before."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step, grad = step + 1, grad + weight_decay * param
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * m_hat / (v_hat.sqrt() + eps), (m, v, step)


@exercise.misconception(
    "The means are not corrected. They began at 0, so the first of them are too small, v more so "
    "than m: divide m by 1 − β₁ⁿ and v by 1 − β₂ⁿ, n the number of this update."
)
def no_bias_correction(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Use the means as they are."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    return param - lr * (m / (v.sqrt() + eps) + weight_decay * param), (m, v, step + 1)


@exercise.misconception(
    "ε is added to v̂ inside the root. Then its root is what counts, far more than ε: take the root "
    "first and add ε to it."
)
def eps_inside(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Add before the root."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * (m_hat / (v_hat + eps).sqrt() + weight_decay * param), (m, v, step)


@exercise.misconception(
    "ε is added before v is corrected, so that the correction stretches it too. Correct both means "
    "first, then take the root, then add ε."
)
def eps_before_the_correction(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Gather the corrections in front."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    correction = (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)
    change = correction * m / (v.sqrt() + eps) + weight_decay * param
    return param - lr * change, (m, v, step)


@exercise.misconception(
    "The correction counts the updates made *before* this one. At the first that is 1 − β⁰ = 0, "
    "and you divide by it: count this update first."
)
def this_update_not_counted(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Count up in the end."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * (m_hat / (v_hat.sqrt() + eps) + weight_decay * param), (m, v, step + 1)


@exercise.misconception(
    "The corrected means go back into the state. At the next update they would be corrected a "
    "second time: keep m and v as they are before the correction."
)
def corrected_means_kept(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Overwrite the means."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m = (beta_1 * m + (1 - beta_1) * grad) / (1 - beta_1**step)
    v = (beta_2 * v + (1 - beta_2) * grad**2) / (1 - beta_2**step)
    return param - lr * (m / (v.sqrt() + eps) + weight_decay * param), (m, v, step)


@exercise.misconception(
    "The decay is not multiplied by the learning rate: a weight decay of 0.1 would take a tenth of "
    "every parameter away at each update. Take off the learning rate times the decay."
)
def decay_without_learning_rate(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Leave the learning rate to the gradient."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * m_hat / (v_hat.sqrt() + eps) - weight_decay * param, (m, v, step)


@exercise.misconception(
    "What decays is the parameter after the step. Asked for is a share of the parameter as it came "
    "in, so that step and decay do not mix."
)
def moved_parameter_decays(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Step first, then shrink."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    moved = param - lr * m_hat / (v_hat.sqrt() + eps)
    return moved * (1 - lr * weight_decay), (m, v, step)


@exercise.misconception(
    "There is no root: you divide by the mean *square*. The step would grow when gradients shrink. "
    "Divide by its root, which is a size of gradients."
)
def no_root(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Divide by v."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * (m_hat / (v_hat + eps) + weight_decay * param), (m, v, step)


@exercise.misconception(
    "β₁ and β₂ are exchanged: β₁ belongs to the mean of gradients, β₂ to that of their squares."
)
def betas_exchanged(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Take one for the other."""
    (m, v, step), (lr, beta_2, beta_1, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * (m_hat / (v_hat.sqrt() + eps) + weight_decay * param), (m, v, step)


@exercise.misconception(
    "β is taken for the share of the *new* gradient. It is what is kept of the old mean; the "
    "gradient gets the rest, 1 − β."
)
def shares_exchanged(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Keep 1 − β."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = (1 - beta_1) * m + beta_1 * grad, (1 - beta_2) * v + beta_2 * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * (m_hat / (v_hat.sqrt() + eps) + weight_decay * param), (m, v, step)


@exercise.misconception(
    "The number of updates stays what it was. Hand back one more, or every update is corrected as "
    "if it were the first."
)
def count_stands_still(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Return the old count."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1 ** (step + 1)), v / (1 - beta_2 ** (step + 1))
    return param - lr * (m_hat / (v_hat.sqrt() + eps) + weight_decay * param), (m, v, step)


@exercise.misconception(
    "The step goes uphill: it is added. The gradient points to where the loss grows, so take the "
    "step off the parameter."
)
def uphill(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Add the step."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m, v = beta_1 * m + (1 - beta_1) * grad, beta_2 * v + (1 - beta_2) * grad**2
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param + lr * (m_hat / (v_hat.sqrt() + eps) - weight_decay * param), (m, v, step)


@exercise.misconception(
    "The means that were handed in are overwritten (`mul_`, `add_`). Whoever keeps the old state, "
    "to take the training up again, finds another one: make new tensors."
)
def changes_its_state(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Update in place, as an optimiser that owns its state may."""
    (m, v, step), (lr, beta_1, beta_2, eps, weight_decay) = state, hyper
    step = step + 1
    m.mul_(beta_1).add_((1 - beta_1) * grad)
    v.mul_(beta_2).add_((1 - beta_2) * grad**2)
    m_hat, v_hat = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return param - lr * (m_hat / (v_hat.sqrt() + eps) + weight_decay * param), (m, v, step)


@exercise.alternative
def corrections_in_front(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Correct the learning rate and the root in place of the means."""
    lr, beta_1, beta_2, eps, weight_decay = hyper
    count = state[2] + 1
    mean = torch.lerp(state[0], grad, 1 - beta_1)
    square = state[1].mul(beta_2).addcmul(grad, grad, value=1 - beta_2)
    size = square.sqrt().div((1 - beta_2**count) ** 0.5).add(eps)
    shrunk = param.mul(1 - lr * weight_decay)
    return shrunk.addcdiv(mean, size, value=-lr / (1 - beta_1**count)), (mean, square, count)


@exercise.alternative
def in_place_on_copies(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Work as torch's own optimiser does, on copies and without gradients."""
    lr, beta_1, beta_2, eps, weight_decay = hyper
    with torch.no_grad():
        p, m, v = param.clone(), state[0].clone(), state[1].clone()
        step = state[2] + 1
        p.mul_(1 - lr * weight_decay)
        m.mul_(beta_1).add_(grad, alpha=1 - beta_1)
        v.mul_(beta_2).add_(grad.square(), alpha=1 - beta_2)
        root = v.div(1 - beta_2**step).sqrt_().add_(eps)
        p.sub_(m.div(1 - beta_1**step).div_(root).mul_(lr))
    return p, (m, v, step)


@exercise.alternative
def number_by_number(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Go through the numbers in plain Python."""
    lr, beta_1, beta_2, eps, weight_decay = hyper
    step = state[2] + 1
    flat = [one.flatten().tolist() for one in (param, grad, state[0], state[1])]
    moved, means, squares = [], [], []
    for p, g, m, v in zip(*flat, strict=True):
        means.append(beta_1 * m + (1 - beta_1) * g)
        squares.append(beta_2 * v + (1 - beta_2) * g * g)
        size = (squares[-1] / (1 - beta_2**step)) ** 0.5 + eps
        moved.append(p - lr * means[-1] / (1 - beta_1**step) / size - lr * weight_decay * p)
    p, m, v = (
        torch.tensor(one, dtype=param.dtype).reshape(param.shape) for one in (moved, means, squares)
    )
    return p, (m, v, step)


@exercise.alternative
def with_numpy(param: Tensor, grad: Tensor, state: tuple, hyper: tuple) -> tuple:
    """Compute in float64 outside torch."""
    lr, beta_1, beta_2, eps, weight_decay = hyper
    p, g = param.numpy().astype(np.float64), grad.numpy().astype(np.float64)
    m = beta_1 * state[0].numpy().astype(np.float64) + (1 - beta_1) * g
    v = beta_2 * state[1].numpy().astype(np.float64) + (1 - beta_2) * np.square(g)
    n = state[2] + 1
    change = m / (1 - np.power(beta_1, n)) / (np.sqrt(v / (1 - np.power(beta_2, n))) + eps)
    moved = p - lr * change - lr * weight_decay * p
    moved, m, v = (torch.from_numpy(np.asarray(one)).to(param.dtype) for one in (moved, m, v))
    return moved, (m, v, n)
