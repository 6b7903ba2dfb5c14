"""What compare.py measures, one part per module:

    TITLE: str
    def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]
    def markdown(found: dict[str, Any]) -> str
    def plot(found: dict[str, Any], target: Path) -> None      optional; writes target.svg
    NEEDS = "publisher"     optional: the function without which an adapter has no row in this part

measure() returns medians and the like that JSON can hold: everything that the other two need.
"""
