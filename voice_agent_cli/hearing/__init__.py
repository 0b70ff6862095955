"""Speech to text: which recognizer hears, and how it is opened."""

from pathlib import Path

from voice_agent_cli.errors import ModelError
from voice_agent_cli.hearing.recognizer import Recognizer
from voice_agent_cli.settings import Settings


def open_recognizer(settings: Settings, database: Path) -> Recognizer:
    """The recognizer that the settings ask for, for the shop in ``database``.

    ``auto`` is Vosk where its model has been pulled, else PocketSphinx with a
    language model of this shop's words.

    Raises:
        ModelError: The model asked for is absent, damaged or does not load.
    """
    from voice_agent_cli.models import registry

    wanted = settings.hearing.engine
    if wanted != "pocketsphinx":
        from voice_agent_cli.hearing.vosk import VoskRecognizer

        try:
            return VoskRecognizer(registry.path(settings.hearing.model, settings.models_dir))
        except ModelError:
            if wanted == "vosk":
                raise
    from voice_agent_cli.hearing.pocketsphinx import PocketSphinxRecognizer
    from voice_agent_cli.hearing.vocabulary import Vocabulary
    from voice_agent_cli.shop.shop import Shop

    with Shop.open(database, "") as shop:
        vocabulary = Vocabulary.of(shop.catalogue.iterate(), shop.discounts.codes())
    return PocketSphinxRecognizer(vocabulary, settings.models_dir / "vocabulary")
