"""Looks at an embedded split before it is scored: what would make the numbers wrong, flattering or hard to read."""

import numpy as np
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.report.check.class_names import alike_names
from docclf.report.check.near import MOST_PAIRS, flat, near_pairs
from docclf.report.inputs import EXAMPLES, Evaluation, Finding, Place
from docclf.utils.cosines import alike

PICTURES = 4
SAME_GREY = 8  # grey levels that copies of one picture stay within
SAME = 0.01  # root mean square difference under which two tiny copies are the same


def tiny(images: Tensor) -> np.ndarray:
    """Returns 16 x 16 area averages of images uint8 [B,3,S,S] as uint8 [B,16,16,3]."""
    small = torch.nn.functional.adaptive_avg_pool2d(images.float(), 16)
    return small.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def find(evaluation: Evaluation) -> list[Finding]:
    """Returns the findings, the gravest first.

    Raises:
        InputError: embeddings that cannot be scored: none at all, of two widths, not finite, or zero.
    """
    findings = []
    if evaluation.scores is None or evaluation.register.shape[1]:  # a model that scores pairs has no embeddings
        check_embeddings(evaluation)
        findings += _collapsed(evaluation)
    findings += [*_pictures(evaluation), *_repeated(evaluation)]
    findings += [*alike_names(evaluation), *_registration(evaluation)]
    if evaluation.skipped:
        text = "files that cannot be used as images are left out of the numbers."
        findings.append(Finding("unusable file", "look", len(evaluation.skipped), text,
                                [f"{name}: {reason}" for name, reason in evaluation.skipped[:EXAMPLES]]))  # fmt: skip
    grave = ("problem", "look", "note")
    return sorted(findings, key=lambda finding: grave.index(finding.level))


def check_embeddings(evaluation: Evaluation) -> None:
    """Raises an InputError that names the images whose embeddings cannot be scored."""
    widths = {}
    for part in ("register", "query"):
        embeddings: Tensor = getattr(evaluation, part)
        if embeddings.dim() != 2 or 0 in embeddings.shape:
            raise InputError(f"{part}: embeddings have shape {tuple(embeddings.shape)}; expected [N, D] with at least "
                             "one image. Check data.root and the split.")  # fmt: skip
        widths[part] = embeddings.shape[1]
        for bad, what in ((~torch.isfinite(embeddings).all(1), "not finite"), (~embeddings.any(1), "all zeros")):
            if bad.any():
                names = [evaluation.name((part, int(i))) for i in bad.nonzero()[:3, 0]]
                raise InputError(
                    f"{int(bad.sum())} of {len(embeddings)} {part} embeddings are {what}, for example of "
                    f"{', '.join(names)}: a cosine is undefined for them. The model diverged or its checkpoint is "
                    "damaged, or it cannot read these images; mend it or take the images out."
                )
    if len(set(widths.values())) > 1:
        raise InputError(
            f"register embeddings have {widths['register']} numbers and query embeddings {widths['query']}: both must "
            "come from one model."
        )


def _collapsed(evaluation: Evaluation) -> list[Finding]:
    pictures = [tiny for tiny in (evaluation.register_pictures, evaluation.query_pictures) if tiny is not None]
    if pictures and np.ptp(np.concatenate(pictures), axis=0).max() <= SAME_GREY:
        return []  # copies of one picture look alike to any network
    found = alike(evaluation.register, evaluation.query)
    if not found:
        return []
    text = f"{found}: the network tells no two images apart (collapsed or untrained), so every number below is chance."
    return [Finding("collapsed network", "problem", len(evaluation.register) + len(evaluation.query), text)]


def _pictures(evaluation: Evaluation) -> list[Finding]:
    register, query = evaluation.register_pictures, evaluation.query_pictures
    if register is None or query is None:
        return []
    if len(register) * (len(query) + len(register)) > MOST_PAIRS:
        text = (
            f"not looked for among {len(register)} x {len(query)} pairs (more than {MOST_PAIRS:.0e}); only equal ones."
        )
        return [Finding("near duplicates", "note", 0, text), *_equal(evaluation)]
    findings = []
    empty = np.concatenate([flat(register), flat(query)])
    if empty.any():
        places = [_place(int(i), len(register)) for i in np.flatnonzero(empty)]
        text = "pictures of one colour; look whether they are what was meant."
        findings.append(Finding("blank picture", "look", len(places), text,
                                [evaluation.name(place) for place in places[:EXAMPLES]]))  # fmt: skip
    one, other, distance = near_pairs(register, query)
    pairs = [(("register", int(i)), ("query", int(j))) for i, j in zip(one, other, strict=True)]
    agree = np.array([evaluation.label(a) == evaluation.label(b) for a, b in pairs], dtype=bool)
    same = distance <= SAME
    for chosen, kind, level, text in (
        (same & agree, "same picture in register and query", "problem",
         "queries that show the very picture registered for their class: they match by themselves and flatter "
         "every number; take them out of the queries."),
        (~same & agree, "near duplicate in register and query", "look",
         "queries that are almost the registered picture of their class (a copy, re-encoded or resized?): if so, they "
         "flatter the numbers."),
        (~agree, "one picture under two labels", "problem",
         "queries that are the same as, or almost, a registered picture of another class: one of the labels is "
         "wrong, or two classes cannot be told apart by looking."),
    ):  # fmt: skip
        findings += _paired(evaluation, [pairs[at] for at in np.flatnonzero(chosen)], kind, level, text)
    one, other, _ = near_pairs(register, register)
    twins = [(("register", int(i)), ("register", int(j))) for i, j in zip(one, other, strict=True) if i < j]
    twins = [(a, b) for a, b in twins if evaluation.label(a) != evaluation.label(b)]
    text = "pairs of registered pictures of two classes that are the same, or almost: no query can tell them apart."
    return findings + _paired(evaluation, twins, "two classes, one registered picture", "problem", text)


def _repeated(evaluation: Evaluation) -> list[Finding]:
    """Queries that stand among the queries before: under the same label they count double, under another one is wrong.

    Only pictures that are the same to the bit count, as the frames of one camera may well be alike; where there are
    no pictures, names.
    """
    pictures, first = evaluation.query_pictures, {}
    blank = np.zeros(len(evaluation.query_names), bool) if pictures is None else flat(pictures)
    same: dict[bool, list[tuple[Place, Place]]] = {True: [], False: []}
    for j, name in enumerate(evaluation.query_names):
        if blank[j]:
            continue
        before = first.setdefault(name if pictures is None else pictures[j].tobytes(), [])
        for i in before:
            same[evaluation.label(("query", i)) == evaluation.label(("query", j))].append((("query", i), ("query", j)))
        if not any(evaluation.label(("query", i)) == evaluation.label(("query", j)) for i in before):
            before.append(j)
    twice = "queries that stand among the queries of their class before: each counts again; take the copies out."
    two = "queries that stand among the queries of another class before: one of the labels is wrong."
    return [
        *_paired(evaluation, same[True], "one query twice", "problem", twice),
        *_paired(evaluation, same[False], "one query under two labels", "problem", two),
    ]


def _equal(evaluation: Evaluation) -> list[Finding]:
    """Queries whose tiny copy equals that of a registered image, for sets too large to measure every pair."""
    blank = flat(evaluation.register_pictures)
    first = {picture.tobytes(): i for i, picture in enumerate(evaluation.register_pictures) if not blank[i]}
    keys = [picture.tobytes() for picture in evaluation.query_pictures]
    pairs = [(("register", first[key]), ("query", j)) for j, key in enumerate(keys) if key in first]
    text = "queries that show the very picture of a registered image: take them out of the queries."
    return _paired(evaluation, pairs, "same picture in register and query", "problem", text)


def _paired(
    evaluation: Evaluation, pairs: list[tuple[Place, Place]], kind: str, level: str, text: str
) -> list[Finding]:
    if not pairs:
        return []
    count = len({b for _, b in pairs}) if pairs[0][1][0] == "query" else len(pairs)
    examples = [f"{evaluation.name(a)} and {evaluation.name(b)}" for a, b in pairs[:EXAMPLES]]
    return [Finding(kind, level, count, text, examples, pairs[:PICTURES])]


def _place(i: int, registered: int) -> Place:
    return ("register", i) if i < registered else ("query", i - registered)


def _registration(evaluation: Evaluation) -> list[Finding]:
    known, asked = (set(labels.tolist()) for labels in (evaluation.register_labels, evaluation.query_labels))
    lone, idle = sorted(asked - known), sorted(known - asked)
    findings = []
    if lone:
        queries = sum(label in set(lone) for label in evaluation.query_labels.tolist())
        text = f"classes without a registered image: their {queries} queries count as impostors."
        names = [evaluation.class_names[label] for label in lone[:EXAMPLES]]
        findings.append(
            Finding("class without registration", "note" if known & asked else "problem", len(lone), text, names)
        )
    if idle:
        text = "registered classes without a query: they only collect false accepts."
        names = [evaluation.class_names[label] for label in idle[:EXAMPLES]]
        findings.append(Finding("registered class without query", "note", len(idle), text, names))
    if len(known | asked) == 1:
        text = "all images are of one class: there is no impostor, so no false-positive rate and no threshold."
        findings.append(
            Finding("one class only", "problem", 1, text, [evaluation.class_names[next(iter(known | asked))]])
        )
    return findings
