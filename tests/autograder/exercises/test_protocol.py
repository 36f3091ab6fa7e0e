import inspect

from autograder.exercises import protocol
from autograder.judge import learner


class TestProtocol:
    def test_the_judges_learner_offers_what_a_check_may_know(self):
        for promised, real in (
            (protocol.LearnerFunction, learner.Function),
            (protocol.CallRecord, learner.Call),
            (protocol.Learner, learner.Learner),
        ):
            public = {name for name in vars(promised) if not name.startswith("_")}
            offered = set(dir(real)) | set(getattr(real, "__annotations__", {}))
            assert public <= offered
            assert inspect.isclass(real)
        assert callable(learner.Function.__call__)
        assert callable(learner.Learner.__getattr__)
