"""What is remembered, and what goes."""

from router.cache import Cache, remembered


def test_the_least_recently_used_go_first() -> None:
    cache: Cache[str, int] = Cache(2, 100)
    cache.put("a", 1, 1)
    cache.put("b", 2, 1)
    assert cache.get("a") == 1
    cache.put("c", 3, 1)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_the_sum_of_bytes_is_bounded() -> None:
    cache: Cache[str, int] = Cache(100, 10)
    for size, key in enumerate("abcd", 1):
        cache.put(key, size, size)
    assert [cache.get(key) for key in "abcd"] == [1, 2, 3, 4]
    cache.put("a", 5, 2)  # takes the place of one of another size
    assert [cache.get(key) for key in "abcd"] == [5, None, 3, 4]
    cache.remove("d")
    cache.put("e", 6, 5)
    assert [cache.get(key) for key in "ace"] == [5, 3, 6]
    cache.put("c", 7, 11)
    assert [cache.get(key) for key in "ace"] == [5, None, 6]


def test_a_long_text_is_not_remembered() -> None:
    asked: list[str] = []

    @remembered(10)
    def measure(text: str) -> int:
        asked.append(text)
        return len(text)

    long = "x" * 10_000
    assert [measure("x"), measure("x"), measure(long), measure(long)] == [1, 1, 10_000, 10_000]
    assert asked == ["x", long, long]
