"""Public trainings, as the compute budget shows them: how large the model, how many tokens."""

from dataclasses import asdict, dataclass

from course_lib.training.compute_optimal import FLOPS_PER_PARAMETER_AND_TOKEN


@dataclass(frozen=True, kw_only=True)
class Training:
    """A model and how long it was trained.

    Attributes:
        name: What it is called.
        n_parameters: Parameters of the model (N).
        n_tokens: Tokens that it was trained on (D).
    """

    name: str
    n_parameters: float
    n_tokens: float

    @property
    def flops(self) -> float:
        """What the training took, C = 6 N D."""
        return FLOPS_PER_PARAMETER_AND_TOKEN * self.n_parameters * self.n_tokens

    def for_the_page(self) -> dict:
        """Give all of it as plain data."""
        return asdict(self)


PUBLIC_TRAININGS = (
    # Hoffmann et al. 2022 (arXiv:2203.15556), table 1.
    Training(name="GPT-3", n_parameters=175e9, n_tokens=300e9),
    Training(name="Gopher", n_parameters=280e9, n_tokens=300e9),
    Training(name="Chinchilla", n_parameters=70e9, n_tokens=1.4e12),
    # Parameters as in `course_lib.models.llama`; tokens of Touvron et al. 2023 (arXiv:2307.09288),
    # table 1, and of the published model card, which says "more than 15 trillion".
    Training(name="LLaMA 2 7B", n_parameters=6.74e9, n_tokens=2e12),
    Training(name="LLaMA 3 8B", n_parameters=8.03e9, n_tokens=15e12),
)
