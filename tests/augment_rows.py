"""Drawn fields as the tests read them: sample by sample, or a batch with a few fields set."""

import numpy as np

from docclf.augment.draws.params import SAME, identity, row


def rows(recipe, count, turn=0):
    """The fields of the first samples of a pass, one object each."""
    values = recipe.plan(np.full(count, turn), np.arange(count))
    return [row(values, place) for place in range(count)]


def one(recipe, turn, index):
    """The fields of one sample."""
    return row(recipe.plan(np.array([turn]), np.array([index])), 0)


def fields(*samples):
    """A batch of samples, each a dictionary of the fields that differ from the identity."""
    values = identity(len(samples))
    for place, sample in enumerate(samples):
        for name, value in sample.items():
            assert name in SAME
            values[name][place] = value
    return values
