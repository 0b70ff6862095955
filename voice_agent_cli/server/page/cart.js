/** The cart, as the server counts it: this page adds nothing up. */

import { byId, element, price } from './elements.js';

/** After one of these the cart may be another one, even where the answer does not bring it along. */
export const CART_TOOLS = new Set([
  ...['add_to_cart', 'update_cart', 'remove_from_cart', 'clear_cart'],
  ...['undo', 'apply_discount', 'checkout'],
]);

export class Cart {
  show(cart) {
    this.showLines(cart.lines);
    const amount = (value) => price(value, cart.currency);
    const sums = [];
    if (Number(cart.discount) > 0) {
      sums.push(['Subtotal', amount(cart.subtotal)], [`Discount ${cart.discount_code ?? ''}`, `−${amount(cart.discount)}`]);
    }
    sums.push(['Total', amount(cart.total)]);
    byId('sums').replaceChildren(
      ...sums.map(([name, value]) => element('div', { children: [element('dt', { text: name }), element('dd', { text: value })] })),
    );
    byId('sums').hidden = cart.lines.length === 0;
  }

  /** The lines alone, where their sum is not known: it is left out until the server tells it. */
  showLines(lines) {
    const pieces = lines.reduce((sum, one) => sum + one.quantity, 0);
    byId('lines').replaceChildren(...lines.map(line));
    byId('sums').hidden = true;
    byId('cart-empty').hidden = lines.length > 0;
    byId('cart-actions').hidden = lines.length === 0;
    byId('cart-count').hidden = pieces === 0;
    byId('cart-count').textContent = pieces === 1 ? '1 item' : `${pieces} items`;
    byId('to-cart').hidden = pieces === 0;
    byId('to-cart').textContent = `Cart (${pieces})`;
  }
}

function line(one) {
  const chosen = [...Object.values(one.options), ...Object.values(one.modifiers)].join(', ');
  const remove = `Remove the ${one.title} from my cart`;
  return element('li', {
    class: one.is_sold ? 'line' : 'line unsold',
    dataId: one.line_id,
    children: [
      element('span', { class: 'quantity', text: `${one.quantity}×` }),
      element('div', {
        class: 'about',
        children: [
          element('span', { class: 'title', text: one.title }),
          chosen && element('span', { class: 'chosen', text: chosen }),
          !one.is_sold && element('span', { class: 'chosen', text: 'no longer sold' }),
        ],
      }),
      element('span', { class: 'amount', text: price(one.line_total, one.currency) }),
      element('button', { type: 'button', class: 'remove', text: '×', dataSay: remove, ariaLabel: remove }),
    ],
  });
}
