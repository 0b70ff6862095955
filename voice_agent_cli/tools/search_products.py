"""Find products by words, need, category, brand, options and price."""

from voice_agent_cli.shop.finding import FilterInput, SearchShape, search, with_budget
from voice_agent_cli.shop.search import SearchRequest
from voice_agent_cli.shop.shop import Shop

Arguments = FilterInput
Result = SearchShape


def run(shop: Shop, arguments: FilterInput) -> SearchShape:
    request, assumed = with_budget(shop, SearchRequest(**arguments.given()))
    return search(shop, request, assumed)
