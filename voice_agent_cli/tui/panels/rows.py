"""A list of lines with a cursor, drawn anew for the width it has; the base of three panels."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

Draw = Callable[[int], Content]


class Rows(OptionList):
    """Each row is an id and a function of the width. The cursor stays on its row when rows change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("j", "cursor_down", ""),
        ("k", "cursor_up", ""),
    ]

    def __init__(self, widget_id: str, title: str, empty: str) -> None:
        super().__init__(id=widget_id, compact=True)
        self.border_title = title
        self._empty = empty
        self._rows: list[tuple[str, Draw]] = []
        self._width = 0
        self.add_class("panel")

    def on_mount(self) -> None:
        super().on_mount()
        self.show_rows([])

    def show_rows(self, rows: Sequence[tuple[str, Draw]], follow: bool = False) -> None:
        """Replace the rows; ``follow`` moves to the last one where the cursor was on the last."""
        chosen = self.chosen
        was_last = not self._rows or chosen in (None, self._rows[-1][0])
        self._rows = list(rows)
        self._draw()
        ids = [row_id for row_id, _ in self._rows]
        if not ids:
            return
        if follow and was_last:
            self.highlighted = len(ids) - 1
            self.scroll_end(animate=False)
        elif chosen in ids:
            self.highlighted = ids.index(chosen)
        elif not follow:
            self.highlighted = 0

    def redraw_row(self, row_id: str, draw: Draw) -> bool:
        """Draw one row anew; False where there is none of that id."""
        for number, (known, _) in enumerate(self._rows):
            if known == row_id:
                self._rows[number] = (row_id, draw)
                self.replace_option_prompt_at_index(number, draw(self.room))
                return True
        return False

    @property
    def chosen(self) -> str | None:
        """The id of the row under the cursor."""
        at = self.highlighted
        return self._rows[at][0] if at is not None and at < len(self._rows) else None

    @property
    def room(self) -> int:
        """Cells a row may fill."""
        return max(self.scrollable_content_region.width - 2, 8)

    def on_resize(self, _: events.Resize) -> None:
        if self.room != self._width:
            self._draw()
            self.call_after_refresh(self.refresh, layout=True)  # the layout of now is done with the old rows

    def _draw(self) -> None:
        self._width, at = self.room, self.highlighted
        if not self._rows:
            self.set_options([Option(Content.styled(self._empty, "$text-muted"), disabled=True)])
            return
        self.set_options([Option(draw(self._width)) for _, draw in self._rows])
        if at is not None:
            self.highlighted = min(at, len(self._rows) - 1)
        self.refresh(layout=True)  # a panel may be as high as its rows
