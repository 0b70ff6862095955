"""The dashboard's own two themes, beside those that Textual brings: one accent colour, quiet edges."""

from textual.theme import Theme

_STAGES_DARK = {
    f"stage-{n}": shade for n, shade in enumerate(("#36514b", "#4b7469", "#79d2b4", "#b8e6d6", "#5c9c88"), 1)
}
_STAGES_LIGHT = {
    f"stage-{n}": shade for n, shade in enumerate(("#b9cfc8", "#86b3a5", "#0f7a5c", "#5aa48e", "#3d8f77"), 1)
}

DARK = Theme(
    name="counter-dark",
    primary="#79d2b4",
    secondary="#79d2b4",
    accent="#79d2b4",
    foreground="#d5dcdd",
    background="#0f1416",
    surface="#141b1e",
    panel="#1b2427",
    success="#79d2b4",
    warning="#e0b364",
    error="#e57f72",
    dark=True,
    variables={
        "edge": "#2b373b",
        "text-muted": "#7f8e93",
        "footer-key-foreground": "#79d2b4",
        "footer-background": "#0f1416",
        "block-cursor-background": "#22332f",
        "block-cursor-foreground": "#d5dcdd",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#172022",
        "block-cursor-blurred-foreground": "#d5dcdd",
        "block-cursor-blurred-text-style": "none",
        "block-hover-background": "#1b2427",
        **_STAGES_DARK,
    },
)
LIGHT = Theme(
    name="counter-light",
    primary="#0f7a5c",
    secondary="#0f7a5c",
    accent="#0f7a5c",
    foreground="#1e2628",
    background="#f7f7f4",
    surface="#efefea",
    panel="#e6e7e1",
    success="#0f7a5c",
    warning="#8f5f00",
    error="#b0382b",
    dark=False,
    variables={
        "edge": "#c9cdc6",
        "text-muted": "#667074",
        "footer-key-foreground": "#0f7a5c",
        "footer-background": "#f7f7f4",
        "block-cursor-background": "#d5e6df",
        "block-cursor-foreground": "#1e2628",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e9ece7",
        "block-cursor-blurred-foreground": "#1e2628",
        "block-cursor-blurred-text-style": "none",
        "block-hover-background": "#e6e7e1",
        **_STAGES_LIGHT,
    },
)
THEMES = (DARK, LIGHT)
FALLBACK = {"edge": "#44505a", **_STAGES_DARK}
