/** The products that are talked about, as the server sent them. */

import { byId, element, price } from './elements.js';

const FEW = 3;
const HUES = [24, 44, 95, 165, 205, 265, 340];

export class Shelf {
  #list = byId('products');
  #ids = [];

  /** A single product that lies there already is pointed at; anything else is laid out anew. */
  show(products) {
    byId('shelf-empty').hidden = true;
    const only = products.length === 1 ? this.#ids.indexOf(products[0].id) : -1;
    if (only < 0) {
      this.#ids = products.map((product) => product.id);
      this.#list.replaceChildren(...products.map((product, index) => card(product, index + 1)));
    }
    this.#list.classList.toggle('single', this.#list.children.length === 1);
    for (const [index, item] of [...this.#list.children].entries()) item.classList.toggle('meant', index === only);
    if (only >= 0) this.#list.children[only].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    else this.#list.scrollTo({ left: 0 });
  }
}

function card(product, position) {
  const { amount, currency } = product.price;
  const before = product.variants.find((variant) => variant.price?.amount === amount)?.compare_at_price?.amount;
  const prices = element('p', {
    class: 'price',
    children: [
      element('span', { class: 'now', text: price(amount, currency) }),
      before && element('s', { text: price(before, currency), ariaLabel: `was ${price(before, currency)}` }),
    ],
  });
  const { text: stock, kind } = stockOf(product.variants);
  const choices = Object.entries(product.options ?? {}).map(([name, values]) =>
    element('div', { children: [element('dt', { text: name }), element('dd', { text: values.join(' · ') })] }),
  );
  return element('li', {
    class: 'product',
    dataId: product.id,
    children: [
      picture(product),
      element('span', { class: 'position', text: position, ariaHidden: 'true' }),
      element('div', {
        class: 'about',
        children: [
          element('h3', { text: product.title }),
          product.vendor && element('p', { class: 'vendor', text: product.vendor }),
          prices,
          element('p', { class: `stock ${kind}`, text: stock }),
          element('p', { class: 'description', text: product.description }),
          choices.length > 0 && element('dl', { class: 'choices', children: choices }),
        ],
      }),
      element('div', {
        class: 'actions',
        children: [
          action('Add', `Add the ${product.title} to my cart`, kind === 'gone'),
          action('Details', `Tell me about the ${product.title}`),
        ],
      }),
    ],
  });
}

function action(text, say, isOff = false) {
  const kind = text === 'Add' ? 'primary' : 'quiet';
  return element('button', { type: 'button', class: kind, text, dataSay: say, ariaLabel: say, disabled: isOff });
}

/** The picture through our own server; without one, a plate with the product's initials. */
function picture(product) {
  const initials = product.title.split(/\s+/).slice(0, 2).map((word) => word[0]).join('').toUpperCase();
  const plate = element('span', { class: 'plate', text: initials, ariaHidden: 'true' });
  const frame = element('div', { class: 'picture', children: [plate] });
  frame.style.setProperty('--hue', HUES[hash(product.title) % HUES.length]);
  if (product.images.length) {
    const image = element('img', {
      src: `page/pictures/${encodeURIComponent(product.id)}`,
      alt: '',
      loading: 'lazy',
      decoding: 'async',
      width: 320,
      height: 320,
    });
    image.addEventListener('load', () => frame.classList.add('loaded'));
    image.addEventListener('error', () => image.remove());
    frame.append(image);
  }
  return frame;
}

function hash(text) {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.codePointAt(0)) % 65_521;
  return sum;
}

function stockOf(variants) {
  const offered = variants.filter((variant) => variant.available);
  if (!offered.length) return { text: 'Sold out', kind: 'gone' };
  const counts = offered.map((variant) => variant.inventory_quantity);
  const pieces = counts.reduce((sum, count) => sum + (count ?? Infinity), 0);
  if (pieces <= FEW) return { text: `Only ${pieces} left`, kind: 'few' };
  const some = offered.length < variants.length ? `, in ${offered.length} of ${variants.length} choices` : '';
  return { text: `In stock${some}`, kind: 'there' };
}
