"""Measures of an attribution that a fallback cannot flatter (DESIGN section 6). Always shown together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measures:
    """Counts, not rates, so that nothing rounds up to perfect.

    `disowned` are the numbers of the nodes that read a parameter but whose scope and `also` hold no call that owns
    or was seen to read it; `non_convex` the keys of the calls whose region a path leaves and enters again.
    """

    nodes: int
    covered: int
    root: int
    owned: int
    owning: int
    convex: int
    regions: int
    disowned: tuple[int, ...] = ()
    non_convex: tuple[str, ...] = ()

    @property
    def root_share(self) -> float:
        """Nodes at the root for want of anything better, of all nodes (0 to 1)."""
        return self.root / self.nodes if self.nodes else 0.0

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value and meaning of each measure, in the order in which they are shown."""
        return [
            ("coverage", f"{self.covered}/{self.nodes}", "Nodes with a scope, of all nodes"),
            (
                "ownership",
                f"{self.owned}/{self.owning}",
                "Nodes that read a parameter and whose scope holds an owner or reader of it, of all that read one",
            ),
            ("root share", f"{100 * self.root_share:.1f} %", "Nodes at the root for want of anything better"),
            (
                "convex",
                f"{self.convex}/{self.regions}",
                "Module calls with nodes whose region no path leaves and enters again",
            ),
        ]
