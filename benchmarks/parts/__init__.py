"""What compare.py measures, one part a module:

    TITLE: str
    def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]
    def markdown(found: dict[str, Any]) -> str
    def plot(found: dict[str, Any], target: Path) -> None      optional

measure() returns figures that JSON can hold, with everything that markdown() and plot() need.
plot() writes target.png and target.svg; matplotlib is there, and is imported inside it.
"""
