"""How every figure looks, and how it is saved: the same bytes for the same numbers."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart with any colour vision; the order also alternates
# light and dark, and every colour goes with a marker, so that grey prints can be read.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000", "#8A7B00")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
DASHES = ("-", "--", "-.", ":")
GREY = "#6b6b6b"
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.titlesize": 11.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "affectmix",
}


@dataclass(frozen=True)
class Drawing:
    """A figure with what stands for it where it cannot be seen.

    Attributes:
        figure: the Matplotlib figure.
        alt: the figure in one or two sentences.
        hints: artist id (``gid``) → text shown when the mouse rests on it.
        marks: id of a scatter of several marks → such a text for each, in their order.
    """

    figure: Figure
    alt: str
    hints: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Sequence[str]] = field(default_factory=dict)


def style_context() -> Any:
    """Return the context in which figures are drawn and saved."""
    settings: dict[Any, Any] = dict(mpl.rcParamsDefault)
    settings.pop("backend", None)  # figures are made without pyplot: no window, no backend
    settings.update(_STYLE)
    return mpl.rc_context(settings)


def look(number: int) -> tuple[str, str]:
    """Return colour and marker of the ``number``-th series; both repeat after eight."""
    return COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]


def add_legend(figure: Figure, axes: Axes, *, columns: int) -> None:
    """Put the legend of ``axes`` below the whole figure, without repeated labels.

    It has ``columns`` columns, or as many fewer as it takes to be no wider than the figure.
    """
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    for number in range(min(columns, len(unique)), 0, -1):
        legend = figure.legend(
            list(unique.values()), list(unique), loc="outside lower center", ncols=number
        )
        if number == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def freeze_layout(figure: Figure) -> None:
    """Lay ``figure`` out once and for all, so that each saving gives the same bytes."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def save_figure(drawing: Drawing, stem: str | Path) -> list[Path]:
    """Write ``stem.svg`` and ``stem.png`` (200 dpi) without dates, and return their paths."""
    target = Path(stem)
    target.parent.mkdir(parents=True, exist_ok=True)
    vector = target.with_name(target.name + ".svg")
    vector.write_text(svg_text(drawing), encoding="utf-8")
    raster = target.with_name(target.name + ".png")
    with style_context():
        drawing.figure.savefig(raster, dpi=200, metadata={"Software": None})
    return [vector, raster]


def svg_text(drawing: Drawing) -> str:
    """Return the figure as an SVG file's text, its hints and marks as mouse-over titles."""
    stream = io.StringIO()
    with style_context():
        drawing.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    for gid, hint in drawing.hints.items():
        opening = f'<g id="{html.escape(gid)}">'
        text = text.replace(opening, f"{opening}<title>{html.escape(hint)}</title>", 1)
    for gid, hints in drawing.marks.items():
        text = _with_titles(text, gid, hints)
    return text


def _with_titles(svg: str, gid: str, hints: Sequence[str]) -> str:
    """Give each mark of the scatter ``gid`` a title.

    Matplotlib writes a mark as a path, or where that is shorter, as a use of one that is
    defined before.
    """
    start = svg.index(f'<g id="{html.escape(gid)}">')
    indent = svg[svg.rindex("\n", 0, start) + 1 : start]
    end = svg.index(f"\n{indent}</g>", start)
    marks = max(start, svg.rfind("</defs>", start, end))
    titles = iter(hints)

    def titled(mark: re.Match[str]) -> str:
        return f"<{mark[1]}{mark[2]}><title>{html.escape(next(titles))}</title></{mark[1]}>"

    body = re.sub(r"<(use|path)(\s[^>]*)/>", titled, svg[marks:end])
    return svg[:marks] + body + svg[end:]


def inline_svg(svg: str, *, prefix: str, alt: str) -> str:
    """Return an SVG file's text as an element of an HTML page.

    Ids are prefixed, as several figures on one page would share them; the fixed size
    gives way to the page's width; metadata and declarations are left out.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', body)
    width = re.search(r'<svg[^>]*?\bwidth="([0-9.]+)pt"', body)
    style = f"max-width:{float(width.group(1)) * 4 / 3:.0f}px" if width else ""
    opening = re.sub(r'\s(?:width|height)="[^"]*"', "", body[: body.index(">")])
    label = html.escape(alt, quote=True)
    return f'{opening} role="img" aria-label="{label}" style="{style}"{body[body.index(">") :]}'
