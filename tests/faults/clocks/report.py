"""What a scenario asked and what was counted, with what of it is not as promised."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """Lines for people. `wrong` is empty where every figure is within its bounds."""

    asked: str
    counted: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def count(
        self, what: str, value: float, unit: str = "", *, least: float | None = None, most: float | None = None
    ) -> None:
        """Notes a figure, and that it is out of bounds where it is."""
        said = f"{what} {value:,.0f}{unit}" if value == int(value) else f"{what} {value:,.3f}{unit}"
        self.counted.append(said)
        if least is not None and value < least:
            self.wrong.append(f"{said}: at least {least:g} was promised")
        if most is not None and value > most:
            self.wrong.append(f"{said}: at most {most:g} was promised")
