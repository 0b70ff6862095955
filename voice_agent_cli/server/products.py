"""Product search, for testing and debugging: the search of the agent's own tool."""

from voice_agent_cli.errors import UsageError
from voice_agent_cli.server.endpoint import Call, Endpoint
from voice_agent_cli.server.schemas import FoundProducts, ProductSearch, options_of
from voice_agent_cli.shop.search import SearchRequest
from voice_agent_cli.shop.shapes import product_shape
from voice_agent_cli.shop.shop import Shop


async def search_products(call: Call) -> FoundProducts:
    """Products of the shop, in the order of the search; nothing is remembered."""
    wanted: ProductSearch = call.body
    request = SearchRequest(
        query=wanted.query or "",
        sort=wanted.sort,
        limit=wanted.limit,
        offset=wanted.offset,
        **options_of(wanted.filters),
    )
    low, high = request.min_price, request.max_price
    if low is not None and high is not None and low > high:
        raise UsageError(
            f"filters.price_range.min: {low} is above max {high}", {"field": "filters.price_range.min"}
        )

    def find(shop: Shop) -> FoundProducts:
        found = shop.search.find(request)
        products = [product_shape(hit.product, found_by=hit.found_by) for hit in found.hits]
        return FoundProducts(products=products, total_count=found.total_count, has_more=found.has_more)

    return await call.services.counter.serve("", None, find)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/products/search",
        "Search products.",
        search_products,
        FoundProducts,
        "products",
        body=ProductSearch,
    ),
)
