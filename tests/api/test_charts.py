"""Drawings: shares, places and shades."""

from hypothesis import given
from hypothesis import strategies as st

from api.charts import lines, pyramid, shades, village_map

SQUARE = [(0.0, 120.0), (0.0, 121.0), (1.0, 121.0), (1.0, 120.0)]


def test_the_oldest_are_on_top_and_the_longest_bar_is_whole() -> None:
    bars = pyramid([("0-4", 10, 5), ("5-9", 4, 20)])
    assert [it.name for it in bars] == ["5-9", "0-4"]
    assert [(it.left, it.right) for it in bars] == [(20, 100), (50, 25)]


def test_a_pyramid_of_nobody_has_no_bars_to_see() -> None:
    assert [(it.left, it.right) for it in pyramid([("0-4", 0, 0)])] == [(0, 0)]


def test_north_is_up_and_a_village_stands_where_it_is() -> None:
    north = [(lat + 2, lng) for lat, lng in SQUARE]
    drawn = village_map({"a": [SQUARE], "b": [north]}, {"a": 1, "b": 10})
    assert drawn
    below, above = drawn.shapes
    assert above.y < below.y
    assert above.x == below.x
    assert (below.shade, above.shade) == (1, 5)
    assert drawn.ends == (1, 10)
    assert drawn.height == 100 > drawn.width


def test_without_borders_there_is_no_map() -> None:
    assert village_map({}, {}) is None
    assert village_map({"a": [[]]}, {"a": 1}) is None


def test_a_village_without_a_value_has_a_shade_of_its_own_and_is_no_end() -> None:
    drawn = village_map({"a": [SQUARE], "b": [SQUARE], "c": [SQUARE]}, {"a": 620, "b": 640})
    assert drawn
    assert [it.shade for it in drawn.shapes] == [1, 5, 0]
    assert drawn.ends == (620, 640)
    nothing = village_map({"a": [SQUARE]}, {"z": 1})
    assert nothing
    assert (nothing.shapes[0].shade, nothing.ends) == (0, None)


def test_villages_of_like_size_are_told_apart() -> None:
    assert shades({"a": 2990, "b": 3000, "c": 3010}) == {"a": 1, "b": 3, "c": 5}


@given(st.dictionaries(st.text(), st.integers(0, 10**9)))
def test_more_is_never_lighter_and_the_ends_have_the_outer_shades(values: dict[str, int]) -> None:
    shade = shades(values)
    ordered = sorted(values, key=lambda it: values[it])
    assert [shade[it] for it in ordered] == sorted(shade.values())
    if len(set(values.values())) > 1:
        assert (shade[ordered[0]], shade[ordered[-1]]) == (1, 5)
    else:
        assert set(shade.values()) <= {3}


@given(st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10**9)), max_size=30))
def test_lines_stay_inside_and_end_at_their_last_value(
    series: list[dict[str, int]],
) -> None:
    chart = lines(series)
    if len(series) < 2:
        assert chart is None
        return
    assert chart
    assert len(chart.curves) <= 6
    for curve in chart.curves:
        assert curve.last == series[-1].get(curve.name, 0)
        heights = [float(it.split(",")[1]) for it in curve.points.split()]
        assert len(heights) == len(series)
        assert all(0 <= it <= chart.height for it in heights)
    assert 2 <= len(chart.scale) <= 6
