"""What compare.py measures, one part per module:

    TITLE: str
    def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]
    def markdown(found: dict[str, Any]) -> str
    def plot(found: dict[str, Any], target: Path) -> None      optional; writes target.svg

measure() returns medians and the like that JSON can hold: everything that the other two need.
"""
