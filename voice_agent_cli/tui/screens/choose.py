"""One of several: a catalogue, a device, a voice, a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from voice_agent_cli import settings
from voice_agent_cli.settings import Settings
from voice_agent_cli.tui.drawing import ACCENT, MUTED, text


@dataclass(frozen=True)
class Choice:
    """``flags`` are the settings that taking it changes; ``missing`` says why it cannot be taken."""

    label: str
    about: str = ""
    flags: dict[str, object] = field(default_factory=dict)
    is_current: bool = False
    missing: str = ""


class ChooseScreen(ModalScreen[dict[str, object] | None]):
    """Gives back the flags of what was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "Close")]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield OptionList(*(Option(_row(one), disabled=bool(one.missing)) for one in self._choices))
            yield Static("enter takes it · esc leaves everything as it is", classes="hint")

    def on_mount(self) -> None:
        current = [n for n, one in enumerate(self._choices) if one.is_current and not one.missing]
        options = self.query_one(OptionList)
        options.highlighted = current[0] if current else options.highlighted
        options.focus()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(dict(self._choices[message.option_index].flags))


def _row(choice: Choice) -> Content:
    mark = Content.styled("● " if choice.is_current else "  ", ACCENT)
    about = text(f"  {choice.missing or choice.about}", MUTED)
    return Content.assemble(mark, text(choice.label, MUTED if choice.missing else ""), about)


def catalogues(loaded: Settings) -> list[Choice]:
    """The shops that were imported and those that come along."""
    from voice_agent_cli.shop.shops import shops

    come_along = {path.stem for path in settings.shipped("config/shops").glob("*.json")}
    names = sorted({*shops(loaded.data_dir), *come_along})
    return [Choice(name, flags={"shop.name": name}, is_current=name == loaded.shop.name) for name in names]


def voices(loaded: Settings) -> list[Choice]:
    return _models(loaded, "speaking", loaded.speaking.voice, lambda name: {"speaking.voice": name})


def language_models(loaded: Settings) -> list[Choice]:
    """The adapter fits the model it was made for only; another one goes without."""

    def flags(name: str) -> dict[str, object]:
        fits = name == "smollm2-135m"
        return {"understanding.model": name, "understanding.adapter": "shopping-calls" if fits else ""}

    return _models(loaded, "understanding", loaded.understanding.model, flags)


def devices(_: Settings) -> list[Choice]:
    """Microphones, then speakers. Raises ``AudioError`` where PortAudio is not installed."""
    from voice_agent_cli.audio.devices import list_devices

    choices = []
    for device in list_devices():
        number = str(device.number)
        rate = f"{device.sample_rate / 1000:g} kHz"
        if device.input_channels:
            choices.append(
                Choice(
                    f"microphone  {device.name}",
                    rate,
                    {"audio.input_device": number},
                    device.is_default_input,
                )
            )
        if device.output_channels:
            choices.append(
                Choice(
                    f"speaker     {device.name}",
                    rate,
                    {"audio.output_device": number},
                    device.is_default_output,
                )
            )
    return sorted(choices, key=lambda choice: choice.label)


def _models(
    loaded: Settings, purpose: str, current: str, flags: Callable[[str], dict[str, object]]
) -> list[Choice]:
    from voice_agent_cli.models import registry

    choices = []
    for model in registry.models():
        if model.purpose != purpose or model.about.startswith("Our LoRA adapter"):
            continue
        is_here = registry.state(model, loaded.models_dir) == "ready"
        missing = "" if is_here else f"not here; type: voice-agent models pull {model.name}"
        choices.append(Choice(model.name, model.about, flags(model.name), model.name == current, missing))
    return choices


KINDS: dict[str, Callable[[Settings], list[Choice]]] = {
    "catalogue": catalogues,
    "device": devices,
    "voice": voices,
    "model": language_models,
}
