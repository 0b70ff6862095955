"""Cart, totals, discounts, undo, stock and orders agree with a simple model, whatever a shopper does."""

import tempfile
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from voice_agent_cli.errors import ToolError
from voice_agent_cli.shop.options import select
from voice_agent_cli.shop.products import Modifier, ModifierValue, Product, Variant
from voice_agent_cli.shop.shop import Shop

PRICES = {"tea": Decimal("3.35"), "mug": Decimal("8.99"), "pot": Decimal("41.10")}
STOCK = {"tea": None, "mug": 7, "pot": 3}
WRAP = Decimal("1.25")
CODES = {"TEN": ("percent", Decimal(10), Decimal(0)), "FIVE": ("amount", Decimal(5), Decimal(20))}
STEPS_PER_RUN, RUNS = 200, 70
Key = tuple[str, bool]


@dataclass
class Model:
    """The cart as a dictionary, its history as a list of copies."""

    cart: dict[Key, int] = field(default_factory=dict)
    code: str | None = None
    past: list[tuple[dict[Key, int], str | None]] = field(default_factory=list)
    stock: dict[str, int | None] = field(default_factory=lambda: dict(STOCK))
    orders: list[Decimal] = field(default_factory=list)

    def step(self) -> None:
        self.past.append((dict(self.cart), self.code))
        del self.past[:-50]

    def pieces(self, product: str) -> int:
        return sum(n for (name, _), n in self.cart.items() if name == product)

    def fits(self, key: Key, quantity: int) -> bool:
        stock, before = self.stock[key[0]], self.cart.get(key, 0)
        in_stock = stock is None or self.pieces(key[0]) - before + quantity <= stock
        return quantity <= 99 and (in_stock or quantity < before)

    @property
    def subtotal(self) -> Decimal:
        return sum(
            ((PRICES[name] + (WRAP if wrapped else 0)) * n for (name, wrapped), n in self.cart.items()),
            Decimal(0),
        )

    @property
    def total(self) -> Decimal:
        if self.code is None:
            return self.subtotal
        kind, value, minimum = CODES[self.code]
        if self.subtotal < minimum:
            return self.subtotal
        off = self.subtotal * value / 100 if kind == "percent" else value
        return self.subtotal - min(off.quantize(Decimal("0.01"), ROUND_HALF_UP), self.subtotal)


steps_taken = 0
names = st.sampled_from(sorted(PRICES))
quantities = st.integers(1, 9) | st.sampled_from([60, 99])


class Shopping(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.shop = Shop.open(Path(self.folder.name) / "shop.db", "one")
        wrap = Modifier("Wrap", (ModifierValue("paper", WRAP),))
        self.shop.catalogue.put(
            Product(
                name, name, (Variant(f"{name}-1", price, inventory_quantity=STOCK[name]),), modifiers=(wrap,)
            )
            for name, price in PRICES.items()
        )
        discounts = [
            {"code": code, "kind": kind, "value": value, "minimum": minimum}
            for code, (kind, value, minimum) in CODES.items()
        ]
        self.shop.catalogue.put_shop({"name": "Test", "discounts": discounts})
        self.model = Model()

    def teardown(self) -> None:
        self.shop.close()
        self.folder.cleanup()

    def product(self, name: str) -> Product:
        product = self.shop.catalogue.get(name)
        assert product is not None
        return product

    def line_of(self, key: Key) -> str:
        lines = self.shop.cart.contents.lines
        return next(line.id for line in lines if (line.product_id, bool(line.modifiers)) == key)

    @rule(name=names, wrapped=st.booleans(), quantity=quantities)
    def add(self, name: str, wrapped: bool, quantity: int) -> None:
        key, asked = (name, wrapped), {"wrap": "paper"} if wrapped else {}
        wanted = self.model.cart.get(key, 0) + quantity
        fits = self.model.fits(key, wanted)
        try:
            product = self.product(name)
            self.shop.cart.add(product, select(product, asked), quantity)
        except ToolError:
            assert not fits
            return
        assert fits
        self.model.step()
        self.model.cart[key] = wanted

    @rule(which=st.integers(0, 5), quantity=quantities)
    def update(self, which: int, quantity: int) -> None:
        if not self.model.cart:
            return
        key = sorted(self.model.cart)[which % len(self.model.cart)]
        line = self.shop.cart.contents.line(self.line_of(key))
        assert line is not None
        fits = self.model.fits(key, quantity)
        try:
            self.shop.cart.change(line, self.product(key[0]), quantity=quantity)
        except ToolError:
            assert not fits
            return
        assert fits
        self.model.step()
        self.model.cart[key] = quantity

    @rule(which=st.integers(0, 5), quantity=st.none() | st.integers(1, 5))
    def remove(self, which: int, quantity: int | None) -> None:
        if not self.model.cart:
            return
        key = sorted(self.model.cart)[which % len(self.model.cart)]
        held = self.model.cart[key]
        try:
            self.shop.cart.remove(self.line_of(key), quantity)
        except ToolError:
            assert quantity is not None
            assert quantity > held
            return
        self.model.step()
        left = 0 if quantity is None else held - quantity
        assert left >= 0
        self.model.cart[key] = left
        if not left:
            del self.model.cart[key]
        self.model.code = self.model.code if self.model.cart else None

    @rule()
    def clear(self) -> None:
        self.shop.cart.clear()
        self.model.step()
        self.model.cart, self.model.code = {}, None

    @rule(code=st.sampled_from([*CODES, "NOPE"]))
    def discount(self, code: str) -> None:
        applies = code in CODES and bool(self.model.cart) and self.model.subtotal >= CODES[code][2]
        try:
            self.shop.cart.apply_code(code)
        except ToolError:
            assert not applies
            return
        assert applies
        self.model.step()
        self.model.code = code

    @rule()
    def undo(self) -> None:
        try:
            self.shop.cart.undo()
        except ToolError:
            assert not self.model.past
            return
        self.model.cart, self.model.code = self.model.past.pop()

    @rule()
    def restock(self) -> None:
        self.shop.catalogue.change_stock("mug", "mug-1", 2)
        assert self.model.stock["mug"] is not None
        self.model.stock["mug"] += 2

    @rule(repeated=st.booleans())
    def check_out(self, repeated: bool) -> None:
        orderable = bool(self.model.cart) and all(
            stock is None or self.model.pieces(name) <= stock for name, stock in self.model.stock.items()
        )
        total, placed_before = self.model.total, len(self.model.orders)
        try:
            order, is_new = self.shop.orders.place()
        except ToolError:
            assert not orderable
            return
        if is_new:
            assert orderable
            assert order.total == total
            self.model.orders.append(total)
            for (name, _), quantity in self.model.cart.items():
                left = self.model.stock[name]
                self.model.stock[name] = None if left is None else left - quantity
            self.model.cart, self.model.code, self.model.past = {}, None, []
        else:
            assert not self.model.cart
            assert len(self.model.orders) == placed_before
        if repeated:
            assert self.shop.orders.place() == (order, False)

    @invariant()
    def the_cart_is_as_modelled(self) -> None:
        global steps_taken
        steps_taken += 1
        bill = self.shop.cart.bill()
        held = {(e.line.product_id, bool(e.line.modifiers)): e.line.quantity for e in bill.lines}
        assert held == self.model.cart
        assert (bill.subtotal, bill.total, bill.code) == (
            self.model.subtotal,
            self.model.total,
            self.model.code,
        )
        assert bill.count == sum(self.model.cart.values())

    @invariant()
    def the_stock_and_the_last_order_are_as_modelled(self) -> None:
        for name, quantity in self.model.stock.items():
            assert self.product(name).variants[0].inventory_quantity == quantity
        if self.model.orders:
            assert self.shop.orders.find().total == self.model.orders[-1]


@pytest.mark.slow
def test_ten_thousand_steps_of_shopping_agree_with_the_model() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Shopping,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS_PER_RUN,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    assert steps_taken >= 10_000
