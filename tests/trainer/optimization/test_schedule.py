"""The learning rate of each step."""

import pytest

from trainer.optimization.schedule import ScheduleConfig, learning_rate


def _rates(num_steps: int, **options: object) -> list[float]:
    schedule = ScheduleConfig.model_validate({"warmup_steps": 4} | options)
    return [learning_rate(schedule, 1.0, num_steps, step) for step in range(num_steps)]


def test_warm_up_rises_in_equal_steps() -> None:
    """The first step already learns; the last of the warm-up has the full rate."""
    assert _rates(20)[:4] == [0.25, 0.5, 0.75, 1.0]


def test_cosine_falls_to_the_lowest_rate() -> None:
    """Half way down it has half way to go; the last step has the lowest rate."""
    rates = _rates(24, min_learning_rate_ratio=0.2)
    assert rates[13] == pytest.approx(0.6)
    assert rates[-1] == pytest.approx(0.2)
    assert rates[3:] == sorted(rates[3:], reverse=True)


def test_wsd_stays_and_then_falls_linearly() -> None:
    """Only the last share of the steps decays."""
    rates = _rates(20, type="wsd", decay_share=0.25, min_learning_rate_ratio=0.0)
    assert rates[3:15] == [1.0] * 12
    assert rates[15:] == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0])


def test_wsd_can_fall_as_the_square_root() -> None:
    """Faster at first: after a quarter of the cooldown, half of the way is done."""
    rates = _rates(40, type="wsd", decay="1-sqrt", decay_share=0.4, min_learning_rate_ratio=0.0)
    assert rates[4:24] == [1.0] * 20
    assert rates[27] == pytest.approx(1 - (4 / 16) ** 0.5)
    assert rates[-1] == pytest.approx(0.0)
