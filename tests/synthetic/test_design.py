import pytest

from docclf.synthetic.design import BLOCK, KINDS, family, kind_of, make_look, siblings


def test_a_fifth_of_the_designs_has_one_to_three_siblings():
    sizes = [len(siblings(design)) for design in range(10 * BLOCK)]
    assert sum(size > 1 for size in sizes) * 5 == len(sizes)
    assert set(sizes) == {1, 2, 3, 4}
    assert [sizes.count(size) for size in (2, 3, 4)] == [20, 30, 40]


def test_families_are_disjoint_and_within_a_block():
    for design in range(3 * BLOCK):
        group = siblings(design)
        assert design in group
        assert all(siblings(other) == group for other in group)
        assert {other // BLOCK for other in group} == {design // BLOCK}
        assert group[family(design)[1]] == design


def test_siblings_share_all_but_colour_edition_and_emblem():
    changed = {"palette": 0, "edition": 0, "emblem": 0}
    for design in range(0, 20 * BLOCK, BLOCK):
        first, *others = (make_look(sibling, 3) for sibling in siblings(design))
        for other in others:
            different = {name for name in changed if getattr(first, name) != getattr(other, name)}
            assert different
            for name in different:
                changed[name] += 1
            for name in ("kind", "language", "heading", "body", "mono", "hand", "issuer", "company", "title"):
                assert getattr(first, name) == getattr(other, name)
            assert first.structure.below(2**32) == other.structure.below(2**32)
    assert all(changed.values())


@pytest.mark.parametrize("seed", [0, 1])
def test_all_kinds_appear(seed):
    assert {kind_of(design, seed) for design in range(400)} == set(KINDS)


def test_seeds_are_other_worlds():
    pairs = [(make_look(design, 0), make_look(design, 1)) for design in range(30)]
    assert sum(a.issuer == b.issuer for a, b in pairs) <= 3
