
import time

from course_lib.checkpoints.mini_gpt import CONFIG, Settings, train_mini_gpt

settings = Settings(n_steps=60, learning_rate=3e-3)
small = replace(CONFIG, n_layers=2)
losses: list[float] = []
start = time.process_time()
trained_here = train_mini_gpt(0, settings, small, on_step=lambda step, loss: losses.append(loss))
seconds = time.process_time() - start


@torch.no_grad()
def test_loss(model: nn.Module) -> float:
    """Mean loss on the held-out stories, in nats a word."""
    parts = [test_tales[i : i + 50] for i in range(0, len(test_tales), 50)]
    sizes = [sum(len(tale.words) for tale in part) for part in parts]
    nats = [
        tale_loss(model, make_batch(part)).item() * n for part, n in zip(parts, sizes, strict=True)
    ]
    return sum(nats) / sum(sizes)


n_parameters = sum(p.numel() for p in trained_here.parameters())
loss_here = test_loss(trained_here)
print(f"{n_parameters:,} parameters, {len(losses)} steps of {settings.batch_size} stories")
print(f"{seconds:.0f} s of one core")
print(f"loss {loss_here:.3f} nats a word, floor {floor.nats_per_word:.3f}")
print(f"{100 * (loss_here / floor.nats_per_word - 1):.1f} % above the floor")

#assert floor.nats_per_word < loss_here < 1.10 * floor.nats_per_word

