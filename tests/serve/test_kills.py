"""A service killed with -9 under writes has everything that it confirmed (experiments/serve_kills.py: 200 times)."""

from experiments.serve_kills import run


def test_what_was_confirmed_outlives_kills():
    found = run(kills=3, longest=0.4)
    assert found["there"] > 3 and found["lost"] == found["back"] == 0 and not found["errors"]
