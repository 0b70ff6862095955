/** Small helpers for the document. */

export const byId = (id) => document.getElementById(id);

/** A new element; texts are set as text, never as markup: a product's words cannot become part of the page. */
export function element(name, { text, children = [], ...attributes } = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`), value === true ? '' : value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

/** A price as people write it here. */
export function price(amount, currency) {
  const form = new Intl.NumberFormat(document.documentElement.lang, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  return form.format(Number(amount));
}
